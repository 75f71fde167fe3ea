// Package board shows what the Raspberry Pi's firmware knows as files, where
// Linux on that board has them, so that programs need nothing of Yolk:
//
//	/proc/device-tree/model             Raspberry Pi 3 Model B Rev 1.2, and a NUL
//	/proc/device-tree/serial-number     16 hexadecimal digits, and a NUL
//	/sys/class/net/eth0/address         the MAC address
//	/sys/class/thermal/thermal_zone0/temp   thousandths of a degree Celsius
//	.../trip_point_0_temp               above which the firmware lowers the clocks
//	/sys/devices/system/cpu/cpu0/cpufreq/{scaling_cur,cpuinfo_max}_freq  kHz
//	/sys/class/leds/ACT/brightness      0 or not, to be read and written
//
// A file asks the firmware when it is opened. What the firmware does not know is
// an empty file, and writing fails with ENODEV; where it refuses, with EIO.
//
// It may import drivers/videocore and kernel.
package board

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"yolk/drivers/videocore"
	"yolk/kernel/posix/ramfs"

	soc "yolk/kernel/chip/bcm2837"
)

// Plant makes the files in fs. firmware is called for each access and may make
// the connection on the first.
func Plant(fs *ramfs.FS, firmware func() (*videocore.Firmware, error)) {
	b := &board{firmware: firmware}
	for path, read := range map[string]func(*videocore.Firmware) (string, error){
		"proc/device-tree/model":                               model,
		"proc/device-tree/serial-number":                       serial,
		"sys/class/net/eth0/address":                           mac,
		"sys/class/thermal/thermal_zone0/temp":                 degrees((*videocore.Firmware).Temperature),
		"sys/class/thermal/thermal_zone0/trip_point_0_temp":    degrees((*videocore.Firmware).MaxTemperature),
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": clock((*videocore.Firmware).ClockRate),
		"sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": clock((*videocore.Firmware).MaxClockRate),
	} {
		fs.MkdirAll(filepath.Dir(path))
		fs.Generated(path, func() []byte { return b.ask(read) })
	}
	fs.MkdirAll(filepath.Dir(led))
	fs.Control(led, b.brightness, b.light)
}

const led = "sys/class/leds/ACT/brightness"

type board struct {
	firmware func() (*videocore.Firmware, error)
	lit      atomic.Bool // what was last written; the firmware's own word is not kept
}

func (b *board) ask(read func(*videocore.Firmware) (string, error)) []byte {
	f, err := b.firmware()
	if err != nil {
		return nil
	}
	s, err := read(f)
	if err != nil {
		return nil
	}
	return []byte(s)
}

func model(f *videocore.Firmware) (string, error) {
	v, err := f.Board()
	return v.String() + "\x00", err
}

func serial(f *videocore.Firmware) (string, error) {
	v, err := f.Serial()
	return fmt.Sprintf("%016x\x00", v), err
}

func mac(f *videocore.Firmware) (string, error) {
	m, err := f.MAC()
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x\n", m[0], m[1], m[2], m[3], m[4], m[5]), err
}

func degrees(temperature func(*videocore.Firmware) (uint32, error)) func(*videocore.Firmware) (string, error) {
	return func(f *videocore.Firmware) (string, error) {
		v, err := temperature(f)
		return fmt.Sprintln(v), err
	}
}

func clock(rate func(*videocore.Firmware, soc.Clock) (uint32, error)) func(*videocore.Firmware) (string, error) {
	return func(f *videocore.Firmware) (string, error) {
		hz, err := rate(f, soc.ClockARM)
		return fmt.Sprintln(hz / 1000), err
	}
}

func (b *board) brightness() []byte {
	if b.lit.Load() {
		return []byte("1\n")
	}
	return []byte("0\n")
}

// light takes a number, 0 for dark, with or without a newline.
func (b *board) light(p []byte) syscall.Errno {
	var level uint8
	if _, err := fmt.Sscanf(string(p), "%d", &level); err != nil {
		return syscall.EINVAL
	}
	f, err := b.firmware()
	if err != nil {
		return syscall.EIO
	}
	switch err := f.SetLED(level != 0); {
	case errors.Is(err, videocore.ErrUnknown):
		return syscall.ENODEV
	case err != nil:
		return syscall.EIO
	}
	b.lit.Store(level != 0)
	return 0
}

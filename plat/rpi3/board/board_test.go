package board

import (
	"errors"
	"syscall"
	"testing"

	"yolk/drivers/videocore"
	soc "yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/bcm2837/bcm2837test"
	"yolk/kernel/posix/ramfs"
)

// answers are those of a 3B's firmware.
func answers(tag uint32, v []uint32) ([]uint32, bool) {
	switch soc.Tag(tag) {
	case soc.TagBoardRevision:
		return []uint32{0xa02082}, true
	case soc.TagSerial:
		return []uint32{0x89abcdef, 1}, true
	case soc.TagMAC:
		return []uint32{0x12eb27b8, 0x5634}, true
	case soc.TagTemperature:
		return []uint32{0, 48312}, true
	case soc.TagMaxTemperature:
		return []uint32{0, 85000}, true
	case soc.TagClockRate:
		return []uint32{v[0], 600_000_000}, true
	case soc.TagSetGPIOState:
		return []uint32{0, v[1]}, true
	}
	return nil, false
}

// plant returns the files of a board whose firmware answers.
func plant(f *bcm2837test.Firmware, err error) (inode func(path string) *ramfs.Inode) {
	fs := ramfs.New()
	fw := videocore.NewFirmware(f.New())
	Plant(fs, func() (*videocore.Firmware, error) { return fw, err })
	return func(path string) *ramfs.Inode {
		i, e := fs.Lookup(fs.Root(), path, true)
		if e != 0 {
			panic(path + ": " + e.Error())
		}
		return i
	}
}

const cpu0 = "/sys/devices/system/cpu/cpu0/cpufreq/"

func TestFiles(t *testing.T) {
	inode := plant(&bcm2837test.Firmware{Answer: answers}, nil)
	for path, want := range map[string]string{
		"/proc/device-tree/model":                            "Raspberry Pi 3 Model B Rev 1.2\x00",
		"/proc/device-tree/serial-number":                    "0000000189abcdef\x00",
		"/sys/class/net/eth0/address":                        "b8:27:eb:12:34:56\n",
		"/sys/class/thermal/thermal_zone0/temp":              "48312\n",
		cpu0 + "scaling_cur_freq":                            "600000\n",
		cpu0 + "cpuinfo_max_freq":                            "", // this firmware does not know
		"/sys/class/thermal/thermal_zone0/trip_point_0_temp": "85000\n",
		"/sys/class/leds/ACT/brightness":                     "0\n",
	} {
		if got := string(inode(path).Generate()); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestLED(t *testing.T) {
	var level uint32
	f := &bcm2837test.Firmware{Answer: func(tag uint32, v []uint32) ([]uint32, bool) {
		level = v[1]
		return answers(tag, v)
	}}
	led := plant(f, nil)("/sys/class/leds/ACT/brightness")
	for _, c := range []struct {
		write string
		want  syscall.Errno
		level uint32
		read  string
	}{
		{"1\n", 0, 1, "1\n"}, {"0", 0, 0, "0\n"}, {"255", 0, 1, "1\n"},
		{"on", syscall.EINVAL, 1, "1\n"}, {"256", syscall.EINVAL, 1, "1\n"}, {"", syscall.EINVAL, 1, "1\n"},
	} {
		if e := led.Accept([]byte(c.write)); e != c.want || level != c.level || string(led.Generate()) != c.read {
			t.Errorf("%q: %v, level %d, %q", c.write, e, level, led.Generate())
		}
	}
}

func TestLEDFails(t *testing.T) {
	unknown := func(uint32, []uint32) ([]uint32, bool) { return nil, false }
	refuses := func(_ uint32, v []uint32) ([]uint32, bool) { return v, true }
	for _, c := range []struct {
		answer func(uint32, []uint32) ([]uint32, bool)
		err    error
		want   syscall.Errno
	}{
		{unknown, nil, syscall.ENODEV},
		{refuses, nil, syscall.EIO},
		{answers, errors.New("no mailbox"), syscall.EIO},
	} {
		led := plant(&bcm2837test.Firmware{Answer: c.answer}, c.err)("/sys/class/leds/ACT/brightness")
		if e := led.Accept([]byte("1")); e != c.want || string(led.Generate()) != "0\n" {
			t.Errorf("%v, want %v", e, c.want)
		}
	}
}

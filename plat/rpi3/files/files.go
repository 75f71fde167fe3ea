//go:build yolk

// Package files gives the Raspberry Pi descriptors, the RAM file system with the
// board's own files (package board), and input from the serial port. The boot tool
// adds it to images whose program does more than print.
package files

import (
	"sync"
	_ "unsafe" // for go:linkname

	"yolk/arch/mmio"
	"yolk/drivers/videocore"
	"yolk/kernel/posix/device"
	"yolk/kernel/posix/file"
	"yolk/plat/rpi3/board"
	"yolk/plat/stdin"

	soc "yolk/kernel/chip/bcm2837"
)

func init() {
	stdin.Use()
	board.Plant(file.Tree(), Firmware)
}

// Firmware returns the board's firmware, which is connected on the first call.
var Firmware = sync.OnceValues(connect)

// connect maps the mailbox and gives it a page for its message.
func connect() (*videocore.Firmware, error) {
	mailbox, err := Registers(soc.MailboxBase, 0x40)
	if err != nil {
		return nil, err
	}
	timer, err := Registers(soc.SystemTimerBase, 0x20)
	if err != nil {
		return nil, err
	}
	buffer, pa, err := device.Memory{}.Alloc(4*soc.MessageWords, mmio.LineSize)
	if err != nil {
		return nil, err
	}
	return videocore.NewFirmware(&soc.Mailbox{
		Regs:      mailbox,
		Timer:     &soc.SystemTimer{Regs: timer},
		Buffer:    address(buffer),
		BufferBus: soc.Bus(pa),
	}), nil
}

// Registers maps n bytes of registers at a physical address.
func Registers(pa uint64, n uint32) (*mmio.Mapped, error) {
	base, err := device.Map(pa, n)
	return &mmio.Mapped{Base: base}, err
}

// seed is asked for when the kernel's random number generator has no seed. The
// board's own source is one of the kernel's, which does not start without.
//
//go:linkname seed yolk/kernel/posix/file.seedRandom
func seed() bool { return false }

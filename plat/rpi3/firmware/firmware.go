//go:build yolk

// Package firmware is the Raspberry Pi's firmware, and where the chip's registers are, for
// what drives the board's devices. It needs no files.
package firmware

import (
	"sync"

	"yolk/arch/mmio"
	"yolk/drivers/videocore"
	"yolk/kernel/posix/device"

	soc "yolk/kernel/chip/bcm2837"
)

// Connect returns the board's firmware, which is connected on the first call.
var Connect = sync.OnceValues(connect)

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

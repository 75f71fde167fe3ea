// Package bcm2837test acts as VideoCore's firmware for tests: it answers
// property messages, at once, in the memory that the mailbox's user gave.
//
// It may import arch/mmio/mmiotest and kernel/chip/bcm2837.
package bcm2837test

import (
	"unsafe"

	"yolk/arch/mmio/mmiotest"
	"yolk/kernel/chip/bcm2837"
)

// BusAddress is where the message is, as the firmware is told.
const BusAddress = 0xc0001000

// A Firmware answers properties.
type Firmware struct {
	// Answer returns the answer to a tag's value, or false for an unknown tag.
	Answer func(tag uint32, value []uint32) (answer []uint32, known bool)
	// Tamper, when set, may change the message before it goes back.
	Tamper func(message []uint32)
	// Words are put into mailbox 0 before each answer.
	Words []uint32
	// Silent keeps answers back; Full makes the mailbox take no messages.
	Silent, Full bool
	// Mailbox is the registers' record.
	Mailbox mmiotest.Device

	message  *[bcm2837.MessageWords]uint32
	outgoing []uint32
}

// New returns a mailbox whose messages f answers.
func (f *Firmware) New() *bcm2837.Mailbox {
	f.message = new([bcm2837.MessageWords]uint32)
	f.Mailbox.OnRead = f.read
	f.Mailbox.OnWrite = func(off, v uint32) bool {
		f.take(off, v)
		return false
	}
	return &bcm2837.Mailbox{
		Regs:  &f.Mailbox,
		Timer: &bcm2837.SystemTimer{Regs: Clock(1000)},
		// f keeps the message alive, and tests run no collector that moves it.
		Buffer:    uintptr(unsafe.Pointer(f.message)),
		BufferBus: BusAddress,
	}
}

func (f *Firmware) read(off uint32) (v uint32, ok bool) {
	switch {
	case off == 0x38 && f.Full:
		return 1 << 31, true
	case off == 0x18 && len(f.outgoing) == 0:
		return 1 << 30, true
	case off == 0x00 && len(f.outgoing) > 0:
		v, f.outgoing = f.outgoing[0], f.outgoing[1:]
		return v, true
	}
	return 0, false
}

func (f *Firmware) take(off, v uint32) {
	if off != 0x20 {
		return
	}
	f.outgoing = append(f.outgoing, f.Words...)
	if v != BusAddress|8 || f.Silent {
		return
	}
	w := f.message[:]
	n := w[3] / 4
	if answer, known := f.Answer(w[2], append([]uint32(nil), w[5:5+n]...)); known {
		copy(w[5:5+n], answer)
		w[4] = 1<<31 | uint32(len(answer))*4
	}
	w[1] = 1 << 31
	if f.Tamper != nil {
		f.Tamper(w)
	}
	f.outgoing = append(f.outgoing, v)
}

// Clock returns system timer registers that advance by step microseconds each
// time they are read.
func Clock(step uint64) *mmiotest.Device {
	now := uint64(0)
	return &mmiotest.Device{OnRead: func(off uint32) (uint32, bool) {
		switch off {
		case 0x04:
			now += step
			return uint32(now), true
		case 0x08:
			return uint32(now >> 32), true
		}
		return 0, false
	}}
}

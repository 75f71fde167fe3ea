// Package videocore gives goroutines what the Raspberry Pi 3's firmware knows and
// does: which board it is, its MAC address, memory split, clocks, temperature,
// power of the USB controller, and the ACT LED. The register level (mailbox,
// interrupt controllers, reset, random numbers, pins) is kernel/chip/bcm2837, because
// the kernel needs it before there are goroutines; its documentation names the
// sources.
//
// It may import kernel/chip/bcm2837.
package videocore

import (
	"errors"
	"fmt"
	"sync"

	"yolk/kernel/chip/bcm2837"
)

// Errors of properties, wrapped with the property's name. ErrUnknown is what an
// older firmware, or the emulator, says to a property it does not have.
var (
	ErrUnknown = errors.New(bcm2837.ErrUnknown.String())
	ErrTimeout = errors.New(bcm2837.ErrTimeout.String())
	ErrMailbox = errors.New("the mailbox failed")
	ErrAnswer  = errors.New("the firmware's answer makes no sense")
	ErrRefused = errors.New("the firmware did not do it")
)

// Firmware asks for properties. It is safe for concurrent use.
type Firmware struct {
	mu      sync.Mutex
	mailbox *bcm2837.Mailbox
}

// NewFirmware returns the firmware behind m, which nobody else may use any more.
func NewFirmware(m *bcm2837.Mailbox) *Firmware { return &Firmware{mailbox: m} }

// property sends value and leaves the answer in it, which must fill it.
func (f *Firmware) property(name string, tag bcm2837.Tag, value []uint32) error {
	return f.exchange(name, tag, value, len(value)*4)
}

// exchange sends value and leaves the answer in it, of at least so many bytes.
func (f *Firmware) exchange(name string, tag bcm2837.Tag, value []uint32, least int) error {
	f.mu.Lock()
	n, code := f.mailbox.Property(tag, value)
	f.mu.Unlock()
	switch {
	case code == bcm2837.OK && n == 0:
		code = bcm2837.ErrUnknown
	case code == bcm2837.OK && n < least:
		return fmt.Errorf("%s: %w: %d bytes instead of %d", name, ErrAnswer, n, least)
	}
	return failure(name, code)
}

// failure is the error that a property's code stands for.
func failure(name string, code bcm2837.Code) error {
	switch code {
	case bcm2837.OK:
		return nil
	case bcm2837.ErrUnknown:
		return fmt.Errorf("%s: %w", name, ErrUnknown)
	case bcm2837.ErrTimeout:
		return fmt.Errorf("%s: %w", name, ErrTimeout)
	}
	return fmt.Errorf("%s: %w: %v", name, ErrMailbox, code)
}

// one asks for a property that is one word.
func (f *Firmware) one(name string, tag bcm2837.Tag) (uint32, error) {
	var v [1]uint32
	err := f.property(name, tag, v[:])
	return v[0], err
}

// of asks for the property of one of several things; the answer names it again.
func (f *Firmware) of(name string, tag bcm2837.Tag, which uint32) (uint32, error) {
	v := [2]uint32{which}
	if err := f.property(name, tag, v[:]); err != nil {
		return 0, err
	}
	if v[0] != which {
		return 0, fmt.Errorf("%s: %w: asked for %d, told of %d", name, ErrAnswer, which, v[0])
	}
	return v[1], nil
}

// Revision returns when the firmware was made, in seconds since 1970.
func (f *Firmware) Revision() (uint32, error) {
	return f.one("firmware revision", bcm2837.TagFirmwareRevision)
}

// Board returns which board it is.
func (f *Firmware) Board() (Board, error) {
	v, err := f.one("board revision", bcm2837.TagBoardRevision)
	return Board(v), err
}

// Serial returns the board's serial number.
func (f *Firmware) Serial() (uint64, error) {
	var v [2]uint32
	err := f.property("board serial", bcm2837.TagSerial, v[:])
	return uint64(v[1])<<32 | uint64(v[0]), err
}

// MAC returns the Ethernet address that the board was given, which its network
// chip does not know. A group address, or none, is an error.
func (f *Firmware) MAC() (mac [6]byte, err error) {
	var v [2]uint32
	if err := f.exchange("MAC address", bcm2837.TagMAC, v[:], len(mac)); err != nil {
		return mac, err
	}
	for i := range mac { // the bytes in memory order, which is little-endian
		mac[i] = byte(v[i/4] >> (8 * (i % 4)))
	}
	if mac == [6]byte{} || mac[0]&1 != 0 {
		return [6]byte{}, fmt.Errorf("MAC address: %w: % x", ErrAnswer, mac)
	}
	return mac, nil
}

// ARMMemory and VideoCoreMemory return the part of memory that belongs to each,
// in bytes.
func (f *Firmware) ARMMemory() (base, size uint32, err error) {
	return f.memory("ARM memory", bcm2837.TagARMMemory)
}

// VideoCoreMemory is documented at ARMMemory.
func (f *Firmware) VideoCoreMemory() (base, size uint32, err error) {
	return f.memory("VideoCore memory", bcm2837.TagVCMemory)
}

func (f *Firmware) memory(name string, tag bcm2837.Tag) (base, size uint32, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	base, size, code := f.mailbox.Memory(tag)
	return base, size, failure(name, code)
}

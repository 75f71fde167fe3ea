package bus

import (
	"errors"
	"sync/atomic"

	"yolk/drivers/virtio"
	virtiopci "yolk/drivers/virtio/pci"
)

// Slot control and status (PCI Express Base Specification 5.0, 7.5.3.10 and 11), in
// one word at expControl of the capability: the control in the lower half.
const (
	expControl = 0x18

	attention = 1 << 0 // button pressed: RW interrupt for it; status RW1C
	presence  = 1 << 3 // card came or went: likewise
	interrupt = 1 << 5 // RW interrupt at all
	events    = attention | presence

	indicator    = 3 << 8 // RW power indicator
	indicatorOn  = 1 << 8
	indicatorOff = 3 << 8
	powerOff     = 1 << 10 // RW

	statusShift = 16
	occupied    = 1 << (statusShift + 6) // R
)

// A slot is a port of PCI Express whose card may come and go (6.7, native hot plug).
type slot struct {
	port *function
	at   uint32 // of its PCI Express capability
}

// serve does what the slot's events ask for, and has it interrupt for further ones.
// leave is called before a card that shall go loses its power, and when one has gone.
func (s slot) serve(leave func()) {
	v := s.port.Read32(s.at + expControl)
	control := v & 0xffff
	// Events are cleared while they are switched off, so that one that comes now
	// interrupts when they are on again. QEMU 7.2 clears none when the lower half of
	// the word has bits of events that the status has not.
	s.port.Write32(s.at+expControl, control&^events|v&(events<<statusShift))
	const off, on = powerOff | indicatorOff, indicatorOn
	power := control & (powerOff | indicator)
	switch {
	case v&(events<<statusShift) == 0:
		// The first look. Whether there is a card is not asked: where ACPI has taken
		// hot plug over, QEMU 7.2 says no of each, and gives no events.
	case v&occupied == 0: // pulled, or powered off before
		leave()
		power = off
	case control&powerOff != 0:
		power = on
	case v&(presence<<statusShift) != 0: // another one, put in with the power on
		leave()
	case v&(attention<<statusShift) != 0:
		leave()
		power = off
	}
	s.port.Write32(s.at+expControl, control&^(powerOff|indicator)|power|events|interrupt)
}

// A card is the transport to a device in a slot. When the device has left, its status
// reads as all ones, whatever its registers do, until a reset finds it again.
type card struct {
	virtiopci.Transport
	gone   func() bool                         // that device is not in the slot now
	reopen func() (virtiopci.Transport, error) // what is in the slot now
	wake   func()                              // has the driver look at the status
	left   atomic.Bool
}

// leave tells the driver that the device has left, or will.
func (c *card) leave() {
	c.left.Store(true)
	c.wake()
}

// Errors of a card's Reset.
var (
	errGone  = errors.New("the slot is empty")
	errOther = errors.New("another kind of device is in the slot")
)

// Status implements virtio.Transport.
func (c *card) Status() virtio.Status {
	if c.left.Load() {
		return virtio.StatusGone
	}
	return c.Transport.Status()
}

// Reset implements virtio.Transport. Nobody rings doorbells meanwhile.
func (c *card) Reset() error {
	if c.left.Load() {
		t, err := c.reopen()
		if err != nil {
			return err
		}
		if t.DeviceID() != c.DeviceID() {
			return errOther
		}
		c.Transport = t
		c.left.Store(false)
	}
	return c.Transport.Reset()
}

// gone reports whether the device that was found has left: there is none, or one that
// nobody has given addresses.
func (f *function) gone() bool { return f.Read32(cfgVendor)&0xffff == none || !f.assigned() }

// reopen makes the transport to a device that came into the slot after the others
// were found.
func (f *function) reopen(p virtiopci.Platform) (virtiopci.Transport, error) {
	if f.Read32(cfgVendor)&0xffff == none {
		return nil, errGone
	}
	r := ranges{memory: f.up.window()}
	if err := r.assign(f, plainBARs); err != nil {
		return nil, err
	}
	return virtiopci.New(f, p)
}

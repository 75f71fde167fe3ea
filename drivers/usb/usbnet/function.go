package usbnet

import (
	"fmt"
	"sync"

	"yolk/drivers/usb"
	"yolk/netdev"
)

// function is an Ethernet function that is plugged in.
type function struct {
	d      *Device
	usb    *usb.Device
	chip   Chip
	pipes  Pipes
	access sync.Mutex // the chip's methods run one at a time
}

// known are the devices that there have ever been, and what to do with another.
var known = struct {
	sync.Mutex
	devices  []*Device
	announce func(*Device)
}{announce: func(d *Device) { netdev.Register(d) }}

// Announce has f called for each new device, instead of netdev.Register. It must not
// attach one.
func Announce(f func(*Device)) {
	known.Lock()
	defer known.Unlock()
	known.announce = f
}

// Attach makes a device of a function that a class driver has found, and announces it;
// or it gives the function to the device whose own, of that name and on that host, has
// left. fall is the address for a chip that has none of its own. What it returns is for
// the driver to return from its own Attach.
func Attach(u *usb.Device, name string, chip Chip, pipes Pipes, fall netdev.HardwareAddr) usb.Binding {
	f := &function{usb: u, chip: chip, pipes: pipes}
	known.Lock()
	defer known.Unlock()
	for _, d := range known.devices {
		if d.name == name && d.mem == u.Memory() && d.adopt(f) {
			return f
		}
	}
	d := newDevice(name, u.Memory(), fall)
	d.adopt(f)
	known.devices = append(known.devices, d)
	known.announce(d)
	return f
}

// adopt gives a device a function, if it has none.
func (d *Device) adopt(f *function) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fn != nil {
		return false
	}
	f.d, d.fn = d, f
	return true
}

// Detach implements usb.Binding: every transfer has ended.
func (f *function) Detach() {
	d := f.d
	d.stop(ErrGone)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unkeep()
	d.fn = nil
}

// The chip's methods, one at a time, with the device in their errors.

func (f *function) reset() (id Identity, err error) {
	err = f.call(func() (err error) {
		id, err = f.chip.Reset()
		return err
	})
	return id, err
}

func (f *function) start(s *Settings) error { return f.call(func() error { return f.chip.Start(s) }) }

func (f *function) set(s *Settings) error { return f.call(func() error { return f.chip.Set(s) }) }

func (f *function) stop() (willEnd bool) {
	f.call(func() error {
		willEnd = f.chip.Stop()
		return nil
	})
	return willEnd
}

func (f *function) call(do func() error) error {
	f.access.Lock()
	defer f.access.Unlock()
	if err := do(); err != nil {
		return fmt.Errorf("%v: %w", f.usb, err)
	}
	return nil
}

// unhalt makes pipes usable again of which one may have halted; both ends begin with
// DATA0.
func (f *function) unhalt() error {
	for _, p := range []*usb.Pipe{f.pipes.In, f.pipes.Out, f.pipes.Notice} {
		if p != nil {
			if err := p.ClearHalt(); err != nil {
				return err
			}
		}
	}
	return nil
}

// cancel ends the transfers that are under way.
func (f *function) cancel() {
	for _, p := range []*usb.Pipe{f.pipes.In, f.pipes.Out, f.pipes.Notice} {
		if p != nil {
			p.Cancel()
		}
	}
}

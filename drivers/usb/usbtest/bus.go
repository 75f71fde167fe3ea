package usbtest

import (
	"sync"

	"yolk/drivers/usb"
)

// A Bus is root ports and what is plugged in below them.
type Bus struct {
	root *Hub

	mu     sync.Mutex
	listen func()
}

// NewBus makes a bus with n root ports.
func NewBus(n int) *Bus {
	b := &Bus{}
	b.root = newHub(n, usb.High)
	b.root.bus = b
	return b
}

// OnKick has f called when a device may answer what it did not before, or a port has
// changed: what a controller looks for.
func (b *Bus) OnKick(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listen = f
}

func (b *Bus) kick() {
	b.mu.Lock()
	f := b.listen
	b.mu.Unlock()
	if f != nil {
		f()
	}
}

// Plug plugs a device into a root port.
func (b *Bus) Plug(port int, d *Device) { b.root.Plug(port, d) }

// Unplug pulls what is in a root port, with all behind it.
func (b *Bus) Unplug(port int) { b.root.Unplug(port) }

// Root returns the root hub, whose ports a controller's are.
func (b *Bus) Root() *Hub { return b.root }

// Find returns the device with an address that enabled ports lead to, nil if there is
// none. Two of them is a mistake of the host's, and panics.
func (b *Bus) Find(address uint8) *Device {
	var found *Device
	b.root.each(func(d *Device) {
		if d.at() == address {
			if found != nil {
				panic("usbtest: two devices with one address")
			}
			found = d
		}
	})
	return found
}

func (d *Device) at() uint8 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.address
}

// Translator returns the high-speed hub whose transaction translator the device is
// behind, and its port; nil for one that needs none.
func (d *Device) Translator() (hub *Device, port int) {
	if d.Speed == usb.High {
		return nil, 0
	}
	for at := d; at.hub != nil && at.hub.device != nil; at = at.hub.device {
		if at.hub.device.Speed == usb.High {
			return at.hub.device, at.port
		}
	}
	return nil, 0
}

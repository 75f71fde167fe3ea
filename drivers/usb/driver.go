package usb

import "sync"

// A Driver is a class driver: what it is for, and how it begins.
type Driver struct {
	Name  string
	Match []Match
	// Attach begins to drive an interface of a configured device; with a Match
	// ByProduct it is the first, and all others are the driver's too. It runs on a
	// goroutine of the device's own and may block. An error leaves the device alone.
	Attach func(d *Device, i *Interface) (Binding, error)
}

// A Binding is a driver that is attached to a device.
type Binding interface {
	// Detach is called once, when the device has left and every transfer has ended
	// with ErrGone; it returns when nothing uses the device any more. Pipes are closed
	// and memory of the device's is freed by their owner, here or before.
	Detach()
}

// A Match is what a driver is for.
type Match struct {
	vendor, product           uint16
	class, subclass, protocol uint8
	byClass                   bool
}

// ByProduct matches a whole device.
func ByProduct(vendor, product uint16) Match { return Match{vendor: vendor, product: product} }

// ByClass matches an interface whose setting 0 is of a class, in the first
// configuration that has one. A driver ByProduct goes before.
func ByClass(class, subclass, protocol uint8) Match {
	return Match{class: class, subclass: subclass, protocol: protocol, byClass: true}
}

// registry is the drivers of this image.
var registry struct {
	sync.Mutex
	drivers []*Driver
}

// Register adds a driver, for devices that are found from then on: call it in init.
func Register(d *Driver) {
	registry.Lock()
	defer registry.Unlock()
	registry.drivers = append(registry.drivers, d)
}

// forProduct returns the driver of a whole device, nil if there is none.
func forProduct(dd *DeviceDescriptor) *Driver {
	return find(func(m Match) bool {
		return !m.byClass && m.vendor == dd.Vendor && m.product == dd.Product
	})
}

// forClass returns the driver of an interface, nil if there is none.
func forClass(i *Interface) *Driver {
	a := &i.Alternates[0]
	return find(func(m Match) bool {
		return m.byClass && m.class == a.Class && m.subclass == a.Subclass && m.protocol == a.Protocol
	})
}

func find(fits func(Match) bool) *Driver {
	registry.Lock()
	defer registry.Unlock()
	for _, d := range registry.drivers {
		for _, m := range d.Match {
			if fits(m) {
				return d
			}
		}
	}
	return nil
}

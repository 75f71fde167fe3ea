package netdev

import (
	"fmt"
	"slices"
)

// Name is how errors call the device: "netdev 0 (virtio-net)".
func (d *Device) Name() string {
	name := "netdev"
	if d.number >= 0 {
		name = fmt.Sprintf("netdev %d", d.number)
	}
	if driver := d.info.Load().Driver; driver != "" {
		name += " (" + driver + ")"
	}
	return name
}

// Number is the device's place in the registry, -1 outside it.
func (d *Device) Number() int { return d.number }

// State returns the device's present state.
func (d *Device) State() State { return State(d.state.Load()) }

// Info returns what the driver tells about the device, the zero Info before
// Probe.
func (d *Device) Info() Info { return *d.info.Load() }

// Queues returns how many queues Configure asked for, each way.
func (d *Device) Queues() (rx, tx int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.made.rx), len(d.made.tx)
}

// Err says why a device does not run: nil while it does.
func (d *Device) Err() error {
	if d.State() == Running {
		return nil
	}
	return d.require("packets", Running)
}

// HardwareAddr returns the address in use.
func (d *Device) HardwareAddr() HardwareAddr { return *d.hw.Load() }

// SetHardwareAddr gives a running device another address.
func (d *Device) SetHardwareAddr(a HardwareAddr) error {
	if a.Multicast() || a == (HardwareAddr{}) {
		return d.errorf(ErrConfig, "SetHardwareAddr: %v is no interface's address; choose one with bit 0 of the first byte clear", a)
	}
	return d.set("SetHardwareAddr", HardwareAddrChange, func() error {
		err := d.drv.SetHardwareAddr(a)
		if err == nil {
			d.hw.Store(&a)
		}
		return err
	})
}

// Promiscuous reports whether the device was told to deliver all frames on its wire.
func (d *Device) Promiscuous() bool { return d.promisc.Load() }

// SetPromiscuous makes a running device deliver all frames on its wire, or only
// those for its address, broadcasts and multicasts. At first it delivers these, and
// others if it filters none until it is told (QEMU's virtio-net).
func (d *Device) SetPromiscuous(on bool) error {
	return d.set("SetPromiscuous", PromiscuousMode, func() error {
		err := d.drv.SetPromiscuous(on)
		if err == nil {
			d.promisc.Store(on)
		}
		return err
	})
}

// SetMulticast makes a running device deliver multicasts to these groups only, and
// perhaps to others that its filter takes for them; nil makes it deliver all, as it does
// at first. Broadcasts are delivered either way. The list is copied. A restart keeps it.
func (d *Device) SetMulticast(groups []HardwareAddr) error {
	for _, g := range groups {
		if !g.Multicast() {
			return d.errorf(ErrConfig, "SetMulticast: %v is no group's address; those have bit 0 of the first byte set", g)
		}
	}
	return d.set("SetMulticast", MulticastFilter, func() error { return d.drv.SetMulticast(slices.Clone(groups)) })
}

// MTU returns how many bytes may follow the Ethernet header of a packet.
func (d *Device) MTU() int { return int(d.mtu.Load()) }

// SetMTU changes the MTU of a running device.
func (d *Device) SetMTU(mtu int) error {
	if info := d.info.Load(); d.State() == Running && (mtu < info.MinMTU || mtu > info.MaxMTU) {
		return d.errorf(ErrConfig, "SetMTU: %d; the device takes %d to %d", mtu, info.MinMTU, info.MaxMTU)
	}
	return d.set("SetMTU", MTUChange, func() error {
		err := d.drv.SetMTU(mtu)
		if err == nil {
			d.mtu.Store(int64(mtu))
		}
		return err
	})
}

// set does a setter's work on a running device with the feature.
func (d *Device) set(call string, f Features, do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require(call, Running); err != nil {
		return err
	}
	if d.info.Load().Features&f == 0 {
		return d.errorf(ErrUnsupported, "%s: see Info.Features", call)
	}
	err := do()
	if err == nil {
		return nil
	}
	if d.drv.Err() != nil {
		d.fail()
	}
	return d.wrap(call, err)
}

// Link returns the state of the wire: LinkUnknown unless the device runs. It finds
// out if the device has given up, which makes it Failed.
func (d *Device) Link() LinkState {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.State() != Running {
		return LinkUnknown
	}
	return d.look()
}

// look asks for the link, which tells as well whether the device has given up; the
// device runs and mu is held.
func (d *Device) look() LinkState {
	now := d.drv.Link()
	if d.drv.Err() != nil {
		d.fail()
	}
	return now
}

// WaitLink blocks while the link of a running device is in state old, and returns
// the state that it is in then. One goroutine at a time may wait:
//
//	for link, err := dev.Link(), error(nil); err == nil; link, err = dev.WaitLink(link) {
//		log.Print("link ", link)
//	}
//
// The error says that the device is or gets closed, or has failed, or is
// ErrUnsupported without the feature LinkEvents.
func (d *Device) WaitLink(old LinkState) (LinkState, error) {
	for {
		drv, now, err := d.link()
		if err != nil || now != old {
			return now, err
		}
		drv.WaitLink()
	}
}

// link returns the driver of a running device with LinkEvents, and its link.
func (d *Device) link() (Driver, LinkState, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("WaitLink", Running); err != nil {
		return nil, LinkUnknown, err
	}
	if d.info.Load().Features&LinkEvents == 0 {
		return nil, LinkUnknown, d.errorf(ErrUnsupported, "WaitLink: see Info.Features; ask Link now and then")
	}
	now := d.look()
	return d.drv, now, d.require("WaitLink", Running)
}

// Stats returns the counters of all queues since the device was configured.
func (d *Device) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.drv.Stats()
}

// require returns a StateError unless the device is in the state.
func (d *Device) require(call string, want State) error {
	s := d.State()
	if s == want {
		return nil
	}
	e := &StateError{Device: d.Name(), Call: call, State: s, Want: want, Do: advice(s, want)}
	if s == Failed {
		e.Cause = d.drv.Err()
	}
	return e
}

// atLeast is require for a state and those after it.
func (d *Device) atLeast(call string, want State) error {
	if d.State() >= want {
		return nil
	}
	return d.require(call, want)
}

// errorf wraps one of the package's errors with the device's name and details.
func (d *Device) errorf(cause error, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", cause, d.Name(), fmt.Sprintf(format, args...))
}

// wrap adds the device's name and the call to a driver's error, if it is one.
func (d *Device) wrap(call string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", d.Name(), call, err)
}

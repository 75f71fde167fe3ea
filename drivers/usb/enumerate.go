package usb

import (
	"fmt"
	"slices"
	"time"
)

const addressRecovery = 2 * time.Millisecond // TDSETADDR, USB 2.0 9.2.6.3

// enumerate resets what is in port n, gives it an address, reads its descriptors and
// lets a driver have it (USB 2.0 9.1.2).
func (hub *hub) enumerate(n int) (*Device, error) {
	h := hub.host
	h.addressing.enter()
	d, err := hub.address(n)
	h.addressing.leave()
	if err != nil {
		return nil, err
	}
	config, whole, err := d.choose()
	if err == nil && config != nil {
		_, err = d.Control(Setup{RequestType: ToDevice, Request: SetConfiguration, Value: uint16(config.Value)}, nil, 0)
	}
	if err != nil {
		d.free()
		return nil, err
	}
	d.config = config
	p := &hub.port[n]
	before := p.over
	p.over = d.over
	h.mu.Lock()
	h.devices = append(h.devices, d)
	h.mu.Unlock()
	d.reconnect = func() {
		p.again.Store(true)
		hub.ports.Wake()
	}
	h.unsettle()
	go d.live(whole, before)
	return d, nil
}

// address resets what is in port n and gives it an address.
func (hub *hub) address(n int) (*Device, error) {
	status, err := hub.reset(n)
	if err != nil {
		return nil, err
	}
	d, err := hub.host.newDevice(hub.place(n), status.Speed(), hub.translator(n, status.Speed()))
	if err != nil {
		return nil, err
	}
	if err := d.identify(); err != nil {
		d.free()
		return nil, err
	}
	return d, nil
}

// translator returns the transaction translator that a device in port n is behind.
func (hub *hub) translator(n int, s Speed) TT {
	switch {
	case hub.dev == nil || s == High:
		return TT{}
	case hub.dev.speed == High:
		return TT{hub.dev.address, uint8(n)}
	}
	return hub.dev.tt
}

// newDevice makes a device with address 0 and a pipe to its endpoint 0.
func (h *Host) newDevice(place string, s Speed, tt TT) (*Device, error) {
	d := &Device{host: h, place: place, speed: s, tt: tt, gone: make(chan struct{}), over: make(chan struct{})}
	d.control.gate = newGate()
	var err error
	if d.control.page, d.control.addr, err = h.mem.Alloc(page, page); err != nil {
		return nil, err
	}
	ep0 := Endpoint{Type: Control, MaxPacket: [...]uint16{8, 64, 64}[s], Mult: 1}
	if _, err := d.Open(ep0); err != nil {
		h.mem.Free(d.control.page, d.control.addr)
		return nil, err
	}
	return d, nil
}

// identify reads the device descriptor of a device with address 0 and gives it another
// address.
func (d *Device) identify() error {
	get := Setup{DirIn, GetDescriptor, DescriptorDevice << 8, 0}
	var b [deviceDescriptorSize]byte
	n, err := d.Control(get, b[:8], 0) // all that fits into the smallest packet
	if err != nil {
		return err
	}
	size := uint16(b[7])
	if n < 8 || !slices.Contains([][]uint16{{8}, {8, 16, 32, 64}, {64}}[d.speed], size) {
		return fmt.Errorf("%v: %w: endpoint 0 with packets of %d bytes at %v", d, ErrDescriptor, size, d.speed)
	}
	d.set(func() { d.pipes[0].ep.MaxPacket = size })
	a, err := d.host.newAddress()
	if err != nil {
		return err
	}
	if _, err := d.Control(Setup{RequestType: ToDevice, Request: SetAddress, Value: uint16(a)}, nil, 0); err != nil {
		d.set(func() { d.host.freeAddress(a) })
		return err
	}
	d.set(func() { d.address = a })
	time.Sleep(addressRecovery)
	if n, err = d.Control(get, b[:], 0); err != nil {
		return err
	}
	d.descriptor, err = parseDevice(b[:n])
	return err
}

// set changes what the controller reads.
func (d *Device) set(change func()) {
	d.host.mu.Lock()
	defer d.host.mu.Unlock()
	change()
}

// choose reads the configurations and returns the one that a driver is for, and the
// driver if it is for all of the device; nil if there is none.
func (d *Device) choose() (*Config, *Driver, error) {
	whole := forProduct(&d.descriptor)
	for i := range d.descriptor.Configs {
		c, err := d.readConfig(i)
		if err != nil {
			return nil, nil, err
		}
		if whole != nil || slices.ContainsFunc(c.Interfaces, func(i Interface) bool { return forClass(&i) != nil }) {
			return c, whole, nil
		}
	}
	return nil, nil, nil
}

// readConfig reads configuration descriptor i.
func (d *Device) readConfig(i uint8) (*Config, error) {
	get := Setup{DirIn, GetDescriptor, DescriptorConfig<<8 | uint16(i), 0}
	var head [configDescriptorSize]byte
	n, err := d.Control(get, head[:], 0)
	if err != nil {
		return nil, err
	}
	if n, err = configLength(head[:n]); err != nil {
		return nil, fmt.Errorf("%v: %w", d, err)
	}
	b := make([]byte, n)
	if n, err = d.Control(get, b, 0); err != nil {
		return nil, err
	}
	c, err := parseConfig(b[:n], d.speed)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", d, err)
	}
	return c, nil
}

// live is a device's goroutine: drivers are attached, and detached when it has left.
// before is closed when nothing is left of the last one in its place.
func (d *Device) live(whole *Driver, before <-chan struct{}) {
	if before != nil {
		<-before
	}
	bindings := d.attach(whole)
	d.host.settle()
	<-d.gone
	d.release()
	for _, b := range bindings {
		b.Detach()
	}
	d.free()
}

// attach lets drivers have the device's interfaces.
func (d *Device) attach(whole *Driver) (bound []Binding) {
	if d.config == nil {
		d.host.logf("%v: %v, no driver", d, d.speed)
		return nil
	}
	for n := range d.config.Interfaces {
		i := &d.config.Interfaces[n]
		drv := whole
		if drv == nil {
			drv = forClass(i)
		}
		if drv == nil || !d.claim(i.Number) {
			continue
		}
		b, err := drv.Attach(d, i)
		if err != nil {
			d.host.logf("%v: %s: %v", d, drv.Name, err)
		} else {
			d.host.logf("%v: %v, %s", d, d.speed, drv.Name)
			bound = append(bound, b)
		}
		if whole != nil {
			break
		}
	}
	return bound
}

// leave fails every transfer of the device, now and later. The device's goroutine does
// the rest.
func (d *Device) leave() {
	h := d.host
	h.logf("%v: has left", d)
	h.mu.Lock()
	defer h.mu.Unlock()
	d.err = ErrGone
	h.devices = slices.DeleteFunc(h.devices, func(e *Device) bool { return e == d })
	for _, p := range d.pipes {
		p.shut(ErrGone)
	}
	close(d.gone)
}

// release closes every pipe.
func (d *Device) release() {
	h := d.host
	h.mu.Lock()
	defer h.mu.Unlock()
	d.err = ErrGone
	for len(d.pipes) > 0 {
		p := d.pipes[0]
		p.shut(ErrGone)
		p.release()
	}
}

// free gives back what the device had.
func (d *Device) free() {
	d.release()
	d.control.enter() // after one that has not yet seen that it is gone
	defer d.control.leave()
	d.host.mem.Free(d.control.page, d.control.addr)
	d.control.page = nil
	d.set(func() { d.host.freeAddress(d.address) })
	close(d.over)
}

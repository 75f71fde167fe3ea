package usbnettest

import (
	"errors"
	"sync"
	"time"

	"yolk/drivers/usb"
	"yolk/drivers/usb/usbnet"
)

// waiting are those who wait for the device on their host, by its memory.
var waiting sync.Map // of chan *usbnet.Device by usb.Memory

// Plugged plugs a function in and returns the device that its driver makes of it, within
// ten seconds.
func (c *Controller) Plugged(f Function) (*usbnet.Device, error) {
	found := make(chan *usbnet.Device, 1)
	waiting.Store(usb.Memory(&c.memory), found)
	usbnet.Announce(func(d *usbnet.Device) {
		if w, ok := waiting.LoadAndDelete(d.Memory()); ok {
			w.(chan *usbnet.Device) <- d
		}
	})
	c.Plug(f)
	select {
	case d := <-found:
		return d, nil
	case <-time.After(10 * time.Second):
		return nil, errors.New("usbnettest: no driver for the function")
	}
}

// Plug plugs a function in.
func (c *Controller) Plug(f Function) { c.set(f, usb.PortConnected) }

// Unplug pulls it: it is without power, and transfers on it end when they are stopped.
func (c *Controller) Unplug() {
	f := c.function()
	c.set(nil, 0)
	if f != nil {
		f.Reset()
	}
}

func (c *Controller) set(f Function, s usb.PortStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fn = f
	c.status = c.status&usb.PortPower | s
	c.changed |= usb.ChangeConnection
	signal(c.change)
}

// Root implements usb.Controller.
func (c *Controller) Root() usb.Ports { return ports{c} }

// ports are the one.
type ports struct{ c *Controller }

func (p ports) Count() int { return 1 }

func (p ports) Power(int) error { return p.update(func() { p.c.status |= usb.PortPower }) }

func (p ports) Disable(int) error {
	return p.update(func() { p.c.status &^= usb.PortEnabled })
}

func (p ports) Acknowledge(_ int, ch usb.PortChange) error {
	return p.update(func() { p.c.changed &^= ch })
}

func (p ports) update(f func()) error {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	f()
	return nil
}

func (p ports) Status(int) (s usb.PortStatus, ch usb.PortChange, err error) {
	err = p.update(func() { s, ch = p.c.status, p.c.changed })
	return s, ch, err
}

func (p ports) Reset(int) error {
	f := p.c.function()
	if f == nil {
		return nil
	}
	f.Reset()
	speed := usb.PortHighSpeed
	if f.FullSpeed() {
		speed = 0
	}
	defer signal(p.c.change)
	return p.update(func() {
		p.c.status |= usb.PortEnabled | speed
		p.c.changed |= usb.ChangeReset
	})
}

func (p ports) Wait() error {
	select {
	case <-p.c.change:
		return nil
	case <-p.c.down:
		return usb.ErrGone
	}
}

func (p ports) Wake() { signal(p.c.change) }

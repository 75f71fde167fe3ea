// Package usbnettest is a host controller for tests of USB Ethernet drivers, with one
// port and whole transfers instead of packets: what is plugged into the port takes and
// gives the bytes of each at once, as package lan9514 does. It allocates nothing on the
// way, so that a driver's allocations can be counted.
//
// It may import drivers/usb, and is for tests only.
package usbnettest

import (
	"sync"

	"yolk/drivers/usb"
	"yolk/drivers/usb/smsc95xx/lan9514"
)

// A Function is what can be plugged in: a device with its descriptors, at the level of
// transfers. Its methods are as lan9514.Chip's.
type Function interface {
	FullSpeed() bool
	Reset()
	Control(s lan9514.Setup, out []byte) ([]byte, lan9514.Status)
	In(endpoint byte, n int, done lan9514.Done)
	Out(data []byte) lan9514.Status
	Cancel(endpoint byte)
}

// A Controller is a usb.Controller with one port.
type Controller struct {
	wake, change, down chan struct{}
	memory             memory

	mu      sync.Mutex
	fn      Function
	status  usb.PortStatus
	changed usb.PortChange
	ended   []*slot // whose transfer has ended, in that order
}

// slot is what is kept for a usb.Pipe: the transfer under way, whether it is among the
// ended, and how it ended; the controller's lock guards them. done is made once, so that
// a transfer makes none.
type slot struct {
	c    *Controller
	t    *usb.Transfer
	over bool
	n    int
	s    lan9514.Status
	done lan9514.Done
}

// New makes a host on a controller with an empty port, and starts it.
func New() *Controller {
	c := &Controller{
		wake: make(chan struct{}, 1), change: make(chan struct{}, 1), down: make(chan struct{}),
		ended: make([]*slot, 0, 64),
	}
	if err := usb.NewHost(c, &c.memory, nil).Start(); err != nil {
		panic(err) // Init does not fail
	}
	return c
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Init implements usb.Controller, as the following do.
func (c *Controller) Init() error { return nil }

func (c *Controller) Wait() {
	select {
	case <-c.wake:
	case <-c.down:
	}
}

func (c *Controller) Wake() { signal(c.wake) }

func (c *Controller) Shutdown() { close(c.down) }

func (c *Controller) Open(p *usb.Pipe) error {
	s := &slot{c: c}
	s.done = func(data []byte, st lan9514.Status) { s.end(data, len(data), st) }
	p.HC = s
	return nil
}

func (c *Controller) Close(p *usb.Pipe) {}

func (c *Controller) ResetToggle(p *usb.Pipe) {}

// Begin carries a transfer out, or has it wait in the function.
func (c *Controller) Begin(t *usb.Transfer) {
	s := t.Pipe().HC.(*slot)
	e := t.Pipe().Endpoint()
	c.mu.Lock()
	f := c.fn
	s.t, s.over = t, false
	c.mu.Unlock()
	packet, _ := t.Setup()
	switch {
	case f == nil: // nobody answers, until the host has noticed that and calls Stop
	case packet != nil:
		s.control(f, lan9514.Setup(packet), t.Data)
	case e.In():
		f.In(e.Address, len(t.Data), s.done)
	default:
		if st := f.Out(t.Data); st != lan9514.Lost {
			s.end(nil, len(t.Data), st)
		}
	}
}

func (s *slot) control(f Function, setup lan9514.Setup, data []byte) {
	in, st := f.Control(setup, data)
	switch {
	case st == lan9514.Lost:
	case setup.In():
		s.end(in, len(in), st)
	default:
		s.end(nil, len(data), st)
	}
}

func (c *Controller) function() Function {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fn
}

// end notes how the pipe's transfer has ended, with n bytes of which in are for who
// reads; Service does the rest. Of a function that is pulled both the host, by Stop, and
// the function itself end what waits: the first counts.
func (s *slot) end(in []byte, n int, st lan9514.Status) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.t == nil || s.over {
		return
	}
	copy(s.t.Data, in)
	s.n, s.s, s.over = min(n, len(s.t.Data)), st, true
	c.ended = append(c.ended, s)
	signal(c.wake)
}

// Stop ends a transfer.
func (c *Controller) Stop(t *usb.Transfer) {
	s := t.Pipe().HC.(*slot)
	f := c.function()
	if packet, _ := t.Setup(); f != nil && packet == nil && t.In() {
		f.Cancel(t.Pipe().Endpoint().Address)
	} else {
		s.end(nil, 0, lan9514.Cancelled)
	}
}

// Service ends the transfers that have ended.
func (c *Controller) Service() {
	for {
		c.mu.Lock()
		if len(c.ended) == 0 {
			c.mu.Unlock()
			return
		}
		s := c.ended[0]
		c.ended = append(c.ended[:0], c.ended[1:]...)
		t := s.t
		s.t = nil
		c.mu.Unlock()
		t.End(s.n, verdict(s.s))
	}
}

func verdict(s lan9514.Status) error {
	switch s {
	case lan9514.OK:
		return nil
	case lan9514.Stall:
		return usb.ErrStall
	case lan9514.Babble:
		return usb.ErrBabble
	case lan9514.Cancelled:
		return usb.ErrCanceled
	}
	return usb.ErrTransaction
}

// memory is the heap, with addresses that nobody uses.
type memory struct {
	mu   sync.Mutex
	next uint64
}

func (m *memory) Alloc(n, align int) ([]byte, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = (m.next + uint64(align)) &^ uint64(align-1)
	addr := m.next
	m.next += uint64(n)
	return make([]byte, n), addr, nil
}

func (m *memory) Free([]byte, uint64) {}

package usbtest

import (
	"slices"

	"yolk/drivers/dmatest"
	"yolk/drivers/usb"
)

// A Controller is a usb.Controller that carries transfers out on a Bus, by looking at
// the memory that they name. Tests may set Fault before the Host starts.
type Controller struct {
	// Fault, when set and when it returns an error, ends a transfer with it instead.
	Fault func(*usb.Transfer) error

	bus    *Bus
	mem    *Memory
	wake   chan struct{}
	change chan struct{} // the root ports may have changed
	down   chan struct{}

	active []*usb.Transfer // under the host's lock
}

// pipe is what is kept for a usb.Pipe.
type pipe struct{ toggle bool }

// NewController makes a controller.
func NewController(b *Bus, m *Memory) *Controller {
	c := &Controller{bus: b, mem: m, wake: make(chan struct{}, 1), change: make(chan struct{}, 1), down: make(chan struct{})}
	b.OnKick(func() {
		c.Wake()
		signal(c.change)
	})
	return c
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// The methods implement usb.Controller.

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
	p.HC = &pipe{}
	return nil
}

func (c *Controller) Close(p *usb.Pipe) { p.HC = nil }

func (c *Controller) ResetToggle(p *usb.Pipe) { p.HC.(*pipe).toggle = false }

func (c *Controller) Begin(t *usb.Transfer) {
	c.active = append(c.active, t)
	c.Wake()
}

func (c *Controller) Stop(t *usb.Transfer) { c.end(t, t.N, usb.ErrCanceled) }

func (c *Controller) end(t *usb.Transfer, n int, err error) {
	c.active = slices.DeleteFunc(c.active, func(u *usb.Transfer) bool { return u == t })
	t.End(n, err)
}

// Service lets each transfer come as far as its device lets it.
func (c *Controller) Service() {
	for _, t := range slices.Clone(c.active) {
		if c.Fault != nil {
			if err := c.Fault(t); err != nil {
				c.end(t, 0, err)
				continue
			}
		}
		if n, h := c.carry(t); h != NAK {
			c.end(t, n, map[Handshake]error{STALL: usb.ErrStall, Silence: usb.ErrTransaction}[h])
		}
	}
}

// carry makes transactions until the transfer ends or the device wants no more. What was
// moved is in t.N meanwhile.
func (c *Controller) carry(t *usb.Transfer) (n int, h Handshake) {
	p := t.Pipe()
	d := c.bus.Find(p.Device().Address())
	if d == nil {
		return t.N, NAK // until the host has noticed
	}
	buf := c.mem.At(t.Addr, len(t.Data))
	setup, _ := t.Setup()
	if setup == nil {
		return c.data(d, t, buf)
	}
	toggle := &p.HC.(*pipe).toggle
	if t.N == 0 {
		if h := d.Setup([8]byte(setup)); h != ACK {
			return 0, h
		}
		*toggle = true
	}
	if len(buf) > 0 {
		if n, h = c.data(d, t, buf); h != ACK {
			return n, h
		}
	}
	*toggle = true
	if t.In() && len(buf) > 0 {
		h, _ = d.Out(0, nil, true)
	} else {
		if _, _, h = d.In(0, 0); h == ACK {
			d.Acked(0)
		}
	}
	return n, h
}

// data moves a transfer's data.
func (c *Controller) data(d *Device, t *usb.Transfer, buf []byte) (int, Handshake) {
	p := t.Pipe()
	e := p.Endpoint()
	size, toggle := int(e.MaxPacket), &p.HC.(*pipe).toggle
	for {
		var h Handshake
		var n int
		if t.In() {
			n, h = c.in(d, e.Number(), buf[t.N:], size, toggle)
		} else {
			n = min(size, len(buf)-t.N)
			if h, _ = d.Out(e.Number(), buf[t.N:t.N+n], *toggle); h == ACK {
				*toggle = !*toggle
			}
		}
		if h != ACK {
			return t.N, h
		}
		t.N += n
		last := t.N == len(buf) && !(t.ZeroPacket && !t.In() && n == size)
		if n < size || last {
			return t.N, ACK
		}
	}
}

// in asks for a packet. One whose toggle is not the expected one has been seen before.
func (c *Controller) in(d *Device, ep uint8, buf []byte, size int, toggle *bool) (int, Handshake) {
	for {
		data, tog, h := d.In(ep, size)
		if h != ACK {
			return 0, h
		}
		d.Acked(ep)
		if tog != *toggle {
			continue
		}
		*toggle = !*toggle
		return copy(buf, data), ACK
	}
}

func (c *Controller) Root() usb.Ports { return root{c} }

// root is the root hub's ports.
type root struct{ c *Controller }

func (r root) Count() int { return len(r.c.bus.root.ports) - 1 }

func (r root) Power(n int) error { return r.set(n, FeaturePower) }

func (r root) Reset(n int) error { return r.set(n, FeatureReset) }

func (r root) set(n int, feature uint16) error {
	r.c.bus.root.Set(n, feature)
	return nil
}

func (r root) Disable(n int) error {
	r.c.bus.root.Clear(n, FeatureEnable)
	return nil
}

func (r root) Status(n int) (usb.PortStatus, usb.PortChange, error) {
	s, ch := r.c.bus.root.Status(n)
	return s, ch, nil
}

func (r root) Acknowledge(n int, ch usb.PortChange) error {
	for i := range uint16(5) {
		if ch>>i&1 != 0 {
			r.c.bus.root.Clear(n, FeatureChange+i)
		}
	}
	return nil
}

func (r root) Wait() error {
	select {
	case <-r.c.change:
		return nil
	case <-r.c.down:
		return usb.ErrGone
	}
}

func (r root) Wake() { signal(r.c.change) }

// memoryBase is where addresses start: below 1 GiB, as on the board, and nothing at 0.
const memoryBase = 0x0100_0000

// Memory is memory that controllers reach. It implements usb.Memory.
type Memory = dmatest.Memory

// NewMemory makes an arena of n bytes.
func NewMemory(n int) *Memory { return dmatest.New(n, memoryBase) }

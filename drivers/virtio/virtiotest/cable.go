package virtiotest

// Cable joins two devices: each frame sent by one is delivered to the other, in
// order; a receiver without buffers makes the sender wait. The devices must agree
// on the offloads that frames use.
type Cable struct {
	ab, ba lane
	kick   chan struct{}
}

// NewCable takes over both devices' OnNotify.
func NewCable(a, b *Net) *Cable {
	c := &Cable{ab: lane{from: a, to: b}, ba: lane{from: b, to: a}, kick: make(chan struct{}, 1)}
	ring := func(int) {
		select {
		case c.kick <- struct{}{}:
		default:
		}
	}
	a.OnNotify, b.OnNotify = ring, ring
	return c
}

// Run moves frames until stop is closed.
func (c *Cable) Run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if c.ab.move()+c.ba.move() > 0 {
			continue
		}
		// Idle: ask for kicks, then look again, as the driver does with
		// interrupts.
		if more := c.ab.idle(); c.ba.idle() || more {
			continue
		}
		select {
		case <-stop:
			return
		case <-c.kick:
		}
	}
}

// lane is one direction; held is a frame that found no room yet.
type lane struct {
	from, to *Net
	held     []byte
}

// move forwards a batch and returns how many frames moved.
func (l *lane) move() int {
	moved := 0
	for range 64 {
		if l.held != nil {
			if !l.to.Deliver(l.held) {
				break
			}
			l.held = nil
			moved++
			continue
		}
		if l.from.Sent(1, func(f []byte) {
			if l.to.Deliver(f) {
				moved++
			} else {
				l.held = append([]byte(nil), f...)
			}
		}) == 0 {
			break
		}
	}
	l.to.Flush()
	return moved
}

// idle asks both queues involved for kicks and reports whether there is work.
func (l *lane) idle() bool {
	work := false
	if q := l.from.Queue(1); q != nil && q.EnableKick() && l.held == nil {
		work = true
	}
	if q := l.to.Queue(0); q != nil && l.held != nil && q.EnableKick() {
		work = true
	}
	return work
}

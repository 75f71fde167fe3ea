package virtiotest

// Join runs a cable between two devices until stop is closed: each frame sent by
// one is delivered to the other, in order; a receiver without buffers makes the
// sender wait. It sets both devices' OnNotify. The devices must agree on the
// offloads that frames use. It returns when stop is closed.
func Join(a, b *Net, stop <-chan struct{}) {
	kick := make(chan struct{}, 1)
	ring := func(int) {
		select {
		case kick <- struct{}{}:
		default:
		}
	}
	a.OnNotify, b.OnNotify = ring, ring
	ab, ba := &lane{from: a, to: b}, &lane{from: b, to: a}
	for {
		if ab.move()+ba.move() > 0 {
			continue
		}
		// Idle: ask for kicks, then look again, as the driver does with
		// interrupts.
		if ab.idle() || ba.idle() {
			continue
		}
		select {
		case <-stop:
			return
		case <-kick:
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

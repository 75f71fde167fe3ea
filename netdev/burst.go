package netdev

import (
	"yolk/kernel/abi/assert"
	"yolk/netdev/netbuf"
)

// Status tells, beside the count of a burst, how the queue stands.
type Status uint8

const (
	// Success: at least one packet moved.
	Success Status = 1 << iota
	// More: receiving, bufs was filled, so more packets may be waiting; sending,
	// there is room for more.
	More
	// Underrun: receiving, the queue lacked buffers and could not be refilled,
	// so that packets may get lost: free some.
	Underrun
	// Stopped: the device is not running, or has no such queue; Err says why.
	Stopped
)

// String lists the bits, as "success|more".
func (s Status) String() string {
	text := ""
	for i, name := range [...]string{"success", "more", "underrun", "stopped"} {
		if s&(1<<i) != 0 {
			if text != "" {
				text += "|"
			}
			text += name
		}
	}
	if text == "" {
		return "nothing"
	}
	return text
}

// RxBurst fills bufs with packets received (each a Buf or a chain) and returns
// how many. They belong to the caller, who must Free or send them soon: the
// queue's supply of buffers is limited. For the queue's goroutine.
func (d *Device) RxBurst(queue int, bufs []*netbuf.Buf) (int, Status) {
	l := d.live.Load()
	if l == nil || uint(queue) >= uint(len(l.rx)) {
		return 0, Stopped
	}
	n, s := l.rx[queue].q.Burst(bufs)
	if assert.On {
		assert.That(n >= 0 && n <= len(bufs))
		for _, b := range bufs[:n] {
			assert.That(b != nil && b.Alive())
		}
	}
	if s&Stopped != 0 {
		d.fail()
	}
	if n > 0 {
		s |= Success
	}
	return n, s
}

// TxBurst queues packets (each a Buf or a chain) and returns how many were
// taken, always the first ones. Those belong to the driver, which frees them
// when the device has read them; the rest stay the caller's, to try again or to
// free. Packets sent before are reclaimed on the way: a burst of none does only
// that. For the queue's goroutine.
func (d *Device) TxBurst(queue int, bufs []*netbuf.Buf) (int, Status) {
	n, s, ring := d.TxEnter(queue, bufs)
	if ring {
		d.TxRing(queue)
	}
	return n, s
}

// TxEnter is TxBurst but for the doorbell: if ring is true the caller is to call TxRing,
// as soon as it has given up what others wait for, a lock. Until then the device may not
// look at the queue, whoever sends meanwhile. For the queue's goroutine.
func (d *Device) TxEnter(queue int, bufs []*netbuf.Buf) (n int, s Status, ring bool) {
	l := d.live.Load()
	if l == nil || uint(queue) >= uint(len(l.tx)) {
		return 0, Stopped, false
	}
	if assert.On {
		for _, b := range bufs {
			assert.That(b != nil && b.Alive())
		}
	}
	if side := l.tx[queue]; side.bell != nil {
		n, s, ring = side.bell.Enter(bufs)
	} else {
		n, s = side.q.Burst(bufs)
	}
	if assert.On {
		assert.That(n >= 0 && n <= len(bufs))
	}
	if s&Stopped != 0 {
		d.fail()
	}
	if n > 0 {
		s |= Success
	}
	return n, s, ring
}

// TxRing rings the doorbell that TxEnter left. Any goroutine may call it.
func (d *Device) TxRing(queue int) {
	if l := d.live.Load(); l != nil && uint(queue) < uint(len(l.tx)) && l.tx[queue].bell != nil {
		l.tx[queue].bell.Ring()
	}
}

// TxPending returns how many packets a transmit queue still holds: the device has
// not read them yet, and would never if it were closed now. What it has read is
// freed on the way. For the queue's goroutine.
func (d *Device) TxPending(queue int) (int, Status) {
	l := d.live.Load()
	if l == nil || uint(queue) >= uint(len(l.tx)) {
		return 0, Stopped
	}
	n, s := l.tx[queue].q.Pending()
	if s&Stopped != 0 {
		d.fail()
	}
	return n, s
}

// RxOne receives one packet, now the caller's: nil without Success.
func (d *Device) RxOne(queue int) (*netbuf.Buf, Status) {
	l := d.live.Load()
	if l == nil || uint(queue) >= uint(len(l.rx)) {
		return nil, Stopped
	}
	// What is passed through an interface escapes, so the place for one packet
	// belongs to the queue.
	one := &l.rx[queue].one
	n, s := d.RxBurst(queue, one[:])
	if n == 0 {
		return nil, s
	}
	b := one[0]
	one[0] = nil
	return b, s
}

// TxOne sends one packet: with Success it belongs to the driver, else still to
// the caller.
func (d *Device) TxOne(queue int, b *netbuf.Buf) Status {
	l := d.live.Load()
	if l == nil || uint(queue) >= uint(len(l.tx)) {
		return Stopped
	}
	one := &l.tx[queue].one
	one[0] = b
	_, s := d.TxBurst(queue, one[:])
	one[0] = nil
	return s
}

package netdev

import "yolk/netdev/netbuf"

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
	l := d.live.Load()
	if l == nil || uint(queue) >= uint(len(l.tx)) {
		return 0, Stopped
	}
	n, s := l.tx[queue].q.Burst(bufs)
	if s&Stopped != 0 {
		d.fail()
	}
	if n > 0 {
		s |= Success
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

// EnableInterrupt asks for an interrupt when receive queue `queue` next gets a
// packet. It returns true when packets are there already: poll again, an
// interrupt for them may never come. For the queue's goroutine. The error names
// the state of a device that is not running, or is ErrUnsupported.
func (d *Device) EnableInterrupt(queue int) (pending bool, err error) {
	q, err := d.interruptible("EnableInterrupt", queue)
	if err != nil {
		return false, err
	}
	return q.q.EnableInterrupt(), nil
}

// DisableInterrupt asks for none. One already on its way may still arrive.
func (d *Device) DisableInterrupt(queue int) error {
	q, err := d.interruptible("DisableInterrupt", queue)
	if err != nil {
		return err
	}
	q.q.DisableInterrupt()
	return nil
}

// Wait blocks until receive queue `queue` has had an interrupt since the last
// Wait, or returns an error when the device is or gets closed. It may return
// early, costing a poll. Not for a queue with an event callback. The goroutine
// that waits need not be the one that polls.
func (d *Device) Wait(queue int) error {
	q, err := d.interruptible("Wait", queue)
	if err != nil {
		return err
	}
	if q.event != nil {
		return d.errorf(ErrConfig, "Wait: queue %d has an event callback; use one or the other", queue)
	}
	q.q.Wait()
	if q.closed.Load() {
		return d.require("Wait", Running)
	}
	return nil
}

// interruptible finds a receive queue of a running device with interrupts.
func (d *Device) interruptible(call string, queue int) (*rxSide, error) {
	l := d.live.Load()
	for ; l == nil; l = d.live.Load() {
		if err := d.require(call, Running); err != nil {
			return nil, err
		}
	}
	if uint(queue) >= uint(len(l.rx)) {
		return nil, d.errorf(ErrNoQueue, "%s: receive queue %d of %d", call, queue, len(l.rx))
	}
	if d.info.Load().Features&Interrupts == 0 {
		return nil, d.errorf(ErrUnsupported, "%s: the device has no interrupts; poll it", call)
	}
	return l.rx[queue], nil
}

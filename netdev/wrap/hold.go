package wrap

import (
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// held is how many packets a queue holds at least; the others wait in the device.
// It is as many buffers as a default receive queue has to spare.
const held = 64

// holder wraps drivers whose receive queues hold packets back. enter decides about
// one: it calls q.hold for it, and for others that it makes of it, no more than
// copies in all.
type holder struct {
	around
	queues []*holdRx
}

// newHolder puts a queue that holds around each receive queue of d. dice are each
// queue's own.
func newHolder(d netdev.Driver, copies int, roll func(queue int) dice, enter func(q *holdRx, b *netbuf.Buf, now int64)) netdev.Driver {
	w := &holder{around: around{Driver: d}}
	w.rx = func(n int, q netdev.RxQueue, cfg netdev.RxConfig) netdev.RxQueue {
		size := max(held, cfg.Buffers-cfg.Size)
		r := &holdRx{RxQueue: q, cfg: cfg, copies: copies, dice: roll(n), enter: enter,
			bufs: make([]*netbuf.Buf, size), times: make([]int64, size)}
		w.queues = append(w.queues, r)
		return r
	}
	return w
}

// Restart implements netdev.Driver.
func (w *holder) Restart() error {
	w.drop()
	return w.Driver.Restart()
}

// Close implements netdev.Driver.
func (w *holder) Close() error {
	w.drop()
	w.queues = nil
	return w.Driver.Close()
}

// drop takes back what is held.
func (w *holder) drop() {
	for _, q := range w.queues {
		if q.alarm != nil {
			q.alarm.Stop()
		}
		netbuf.FreeBurst(q.bufs[:q.count])
		q.count = 0
	}
}

// holdRx holds packets, the next to go first, each with the time at which it may.
type holdRx struct {
	netdev.RxQueue
	cfg    netdev.RxConfig
	copies int
	dice   dice
	enter  func(q *holdRx, b *netbuf.Buf, now int64)

	bufs   []*netbuf.Buf
	times  []int64
	count  int
	latest int64             // until which a packet was held by choice
	some   [held]*netbuf.Buf // as the device gave them
	fresh  [1]*netbuf.Buf    // for a copy
	alarm  *time.Timer       // wakes who waits for the first of them
}

// hold keeps a packet until a time, behind those that may go by then.
func (q *holdRx) hold(b *netbuf.Buf, until int64) {
	i := q.count
	for ; i > 0 && q.times[i-1] > until; i-- {
		q.bufs[i], q.times[i] = q.bufs[i-1], q.times[i-1]
	}
	q.bufs[i], q.times[i] = b, until
	q.count++
}

// room is for how many packets of the device there is a place.
func (q *holdRx) room() int { return min(len(q.some), (len(q.bufs)-q.count)/q.copies) }

// pull takes what the device has.
func (q *holdRx) pull(now int64) netdev.Status {
	n, s := q.RxQueue.Burst(q.some[:q.room()])
	for _, b := range q.some[:n] {
		q.enter(q, b, now)
	}
	return s
}

// Burst implements netdev.RxQueue.
func (q *holdRx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	now := clock()
	s := q.pull(now) &^ netdev.More
	n := 0
	for n < len(bufs) && n < q.count && q.times[n] <= now {
		bufs[n] = q.bufs[n]
		n++
	}
	copy(q.bufs, q.bufs[n:q.count])
	copy(q.times, q.times[n:q.count])
	q.count -= n
	if n == len(bufs) {
		s |= netdev.More
	}
	return n, s
}

// EnableInterrupt implements netdev.RxQueue. For the packets held the clock
// interrupts; while there is no room for more, nothing else does.
func (q *holdRx) EnableInterrupt() bool {
	now := clock()
	q.pull(now)
	if q.room() > 0 && q.RxQueue.EnableInterrupt() || q.count > 0 && q.times[0] <= now {
		return true
	}
	if q.count > 0 {
		q.ring(time.Duration(q.times[0] - now))
	}
	return false
}

// ring wakes who waits after a time.
func (q *holdRx) ring(after time.Duration) {
	if q.alarm == nil {
		q.alarm = time.AfterFunc(after, q.RxQueue.Wake)
	} else {
		q.alarm.Reset(after)
	}
}

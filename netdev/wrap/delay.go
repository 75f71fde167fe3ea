package wrap

import (
	"sync/atomic"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// held is how many packets a queue's delay holds at most; the others wait in the
// device. It is less than the buffers that a default receive queue has to spare.
const held = 64

// Delay holds each packet received for d after the first look at it. To delay
// both ways put one at each end. A receive queue needs 64 buffers more than
// without.
func Delay(d time.Duration) func(netdev.Driver) netdev.Driver {
	return func(drv netdev.Driver) netdev.Driver {
		w := &delay{around: around{Driver: drv}}
		w.rx = func(_ int, q netdev.RxQueue) netdev.RxQueue {
			r := &delayRx{RxQueue: q, d: d, woken: make(chan struct{}, 1)}
			w.queues = append(w.queues, r)
			return r
		}
		w.tx = func(_ int, q netdev.TxQueue) netdev.TxQueue { return q }
		return w
	}
}

// delay also takes back what is held.
type delay struct {
	around
	queues []*delayRx
}

// Restart implements netdev.Driver.
func (w *delay) Restart() error {
	w.drop()
	return w.Driver.Restart()
}

// Close implements netdev.Driver.
func (w *delay) Close() error {
	w.drop()
	w.queues = nil
	return w.Driver.Close()
}

func (w *delay) drop() {
	for _, q := range w.queues {
		netbuf.FreeBurst(q.bufs[:q.count])
		q.count = 0
		q.due.Store(0)
	}
}

// delayRx holds packets, the oldest first, each with the time at which it may go.
type delayRx struct {
	netdev.RxQueue
	d     time.Duration
	bufs  [held]*netbuf.Buf
	times [held]int64
	count int
	woken chan struct{}
	due   atomic.Int64 // times[0], 0 when there is none: for Wait, on any goroutine
}

// pull takes what the device has.
func (q *delayRx) pull(now int64) netdev.Status {
	n, s := q.RxQueue.Burst(q.bufs[q.count:])
	for i := range n {
		q.times[q.count+i] = now + int64(q.d)
	}
	q.count += n
	return s
}

// Burst implements netdev.RxQueue.
func (q *delayRx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	now := clock()
	s := q.pull(now) &^ netdev.More
	n := 0
	for n < len(bufs) && n < q.count && q.times[n] <= now {
		bufs[n] = q.bufs[n]
		n++
	}
	copy(q.bufs[:], q.bufs[n:q.count])
	copy(q.times[:], q.times[n:q.count])
	q.count -= n
	if n == len(bufs) {
		s |= netdev.More
	}
	q.note()
	return n, s
}

// note tells Wait about the oldest packet.
func (q *delayRx) note() {
	due := int64(0)
	if q.count > 0 {
		due = q.times[0]
	}
	q.due.Store(due)
}

// EnableInterrupt implements netdev.RxQueue. While packets are held, the clock
// interrupts.
func (q *delayRx) EnableInterrupt() bool {
	now := clock()
	q.pull(now)
	if q.count == 0 && q.RxQueue.EnableInterrupt() {
		q.pull(now)
	}
	q.note()
	return q.count > 0 && q.times[0] <= now
}

// Wait implements netdev.RxQueue.
func (q *delayRx) Wait() {
	if due := q.due.Load(); due != 0 {
		select {
		case <-time.After(time.Duration(due - clock())):
		case <-q.woken:
		}
		return
	}
	q.RxQueue.Wait()
}

// Wake implements netdev.RxQueue, whichever of the two Wait waits for.
func (q *delayRx) Wake() {
	select {
	case q.woken <- struct{}{}:
	default:
	}
	q.RxQueue.Wake()
}

// epoch makes clock monotonic.
var epoch = time.Now()

func clock() int64 { return int64(time.Since(epoch)) }

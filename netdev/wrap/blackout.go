package wrap

import (
	"sync/atomic"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Blackout cuts the wire, both ways, for a time each time that so many packets
// have crossed it. The link stays up: nobody is told.
func Blackout(packets int, length time.Duration) func(netdev.Driver) netdev.Driver {
	return func(d netdev.Driver) netdev.Driver {
		w := &wire{packets: int64(packets), length: int64(length)}
		return &around{d,
			func(_ int, q netdev.RxQueue, _ netdev.RxConfig) netdev.RxQueue { return &blackoutRx{q, w} },
			func(_ int, q netdev.TxQueue) netdev.TxQueue { return &blackoutTx{q, w} },
		}
	}
}

// wire is what the queues of a device share.
type wire struct {
	packets, length int64
	crossed         atomic.Int64
	until           atomic.Int64 // the blackout's end, by clock
}

// dead reports whether nothing crosses now.
func (w *wire) dead() bool { return clock() < w.until.Load() }

// count notes packets that crossed, and that it is time for the next blackout.
func (w *wire) count(n int) {
	if now := w.crossed.Add(int64(n)); now/w.packets != (now-int64(n))/w.packets {
		w.until.Store(clock() + w.length)
	}
}

type blackoutRx struct {
	netdev.RxQueue
	w *wire
}

// Burst implements netdev.RxQueue.
func (q *blackoutRx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	n, s := q.RxQueue.Burst(bufs)
	if q.w.dead() {
		netbuf.FreeBurst(bufs[:n])
		return 0, s
	}
	q.w.count(n)
	return n, s
}

type blackoutTx struct {
	netdev.TxQueue
	w *wire
}

// Burst implements netdev.TxQueue.
func (q *blackoutTx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	if len(bufs) > 0 && q.w.dead() {
		netbuf.FreeBurst(bufs)
		return len(bufs), netdev.More
	}
	n, s := q.TxQueue.Burst(bufs)
	q.w.count(n)
	return n, s
}

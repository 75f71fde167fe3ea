package wrap

import (
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Loss loses a part, 0 to 1, of the packets received and of those sent, chosen by
// a random number generator: the same packets of each queue for the same seed,
// however they are cut in bursts.
func Loss(seed uint64, rx, tx float64) func(netdev.Driver) netdev.Driver {
	return func(d netdev.Driver) netdev.Driver {
		return &around{d,
			func(n int, q netdev.RxQueue, _ netdev.RxConfig) netdev.RxQueue {
				return &lossRx{q, newDice(seed, n, forRx, rx)}
			},
			func(n int, q netdev.TxQueue) netdev.TxQueue {
				return &lossTx{TxQueue: q, dice: newDice(seed, n, forTx, tx)}
			},
		}
	}
}

type lossRx struct {
	netdev.RxQueue
	dice
}

// Burst implements netdev.RxQueue.
func (q *lossRx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	got, s := q.RxQueue.Burst(bufs)
	n := 0
	for _, b := range bufs[:got] {
		if q.hit() {
			b.Free()
		} else {
			bufs[n] = b
			n++
		}
	}
	return n, s
}

type lossTx struct {
	netdev.TxQueue
	dice
	spared int // packets ahead that are known not to be lost
}

// Burst implements netdev.TxQueue: hands on the packets between those to lose.
func (q *lossTx) Burst(bufs []*netbuf.Buf) (n int, s netdev.Status) {
	if len(bufs) == 0 {
		return q.TxQueue.Burst(bufs)
	}
	s = netdev.More
	for n < len(bufs) {
		rest := bufs[n:]
		for q.spared < len(rest) && !q.next() {
			q.take()
			q.spared++
		}
		if q.spared == 0 {
			rest[0].Free()
			q.take()
			n++
			continue
		}
		run := rest[:min(q.spared, len(rest))]
		var took int
		took, s = q.TxQueue.Burst(run)
		q.spared -= took
		n += took
		if took < len(run) {
			break
		}
	}
	return n, s
}

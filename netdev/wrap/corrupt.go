package wrap

import (
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Corrupt changes one byte, anywhere in the frame, of a part, 0 to 1, of the
// packets received. Nobody vouches for a packet that it changed: a checksum that
// the sender had left undone is completed before, and what the device said of a
// received one is forgotten. The Internet checksum finds a change of one byte
// always (RFC 1071), where it covers that byte.
func Corrupt(seed uint64, part float64) func(netdev.Driver) netdev.Driver {
	return func(d netdev.Driver) netdev.Driver {
		return &around{Driver: d, rx: func(n int, q netdev.RxQueue, _ netdev.RxConfig) netdev.RxQueue {
			return &corruptRx{q, newDice(seed, n, forCorruption, part)}
		}}
	}
}

type corruptRx struct {
	netdev.RxQueue
	dice
}

// Burst implements netdev.RxQueue.
func (q *corruptRx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	n, s := q.RxQueue.Burst(bufs)
	for _, b := range bufs[:n] {
		if q.hit() {
			q.spoil(b)
		}
	}
	return n, s
}

// spoil changes a byte of a packet.
func (q *corruptRx) spoil(b *netbuf.Buf) {
	b.FinishChecksum()
	b.Offload = netbuf.Offload{}
	at := q.r.IntN(b.PacketLen())
	for at >= b.Len() {
		at -= b.Len()
		b = b.Next()
	}
	b.Bytes()[at] ^= byte(1 + q.r.IntN(255))
}

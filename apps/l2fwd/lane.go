package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// lane is one direction of one pair of queues: from one port's receive queue to
// the other's transmit queue. Both are the lane's alone, so that lanes share
// nothing.
type lane struct {
	from, to *netdev.Device
	queue    int
	swap     bool
	bufs     []*netbuf.Buf

	// The lane writes these once a burst; anybody may look.
	forwarded, bytes, dropped atomic.Uint64
}

// connect makes the lanes between ports, both ways.
func connect(ports []*netdev.Device, o *options) (lanes []*lane) {
	for i, from := range ports {
		to := ports[len(ports)-1-i]
		for q := range o.queues {
			lanes = append(lanes, &lane{
				from: from, to: to, queue: q, swap: o.swap, bufs: make([]*netbuf.Buf, o.burst),
			})
		}
	}
	return lanes
}

// turn forwards one burst and returns how many packets were received. The
// buffers go on as they are: what one device wrote is what the other one reads.
// What the other port does not take is dropped: a forwarder that waits makes its
// sender wait.
func (l *lane) turn() (int, error) {
	n, status := l.from.RxBurst(l.queue, l.bufs)
	if status&netdev.Stopped != 0 {
		return 0, l.from.Err()
	}
	if n == 0 {
		// Packets sent are reclaimed on the way of others; with no others
		// coming, the receive queue may be waiting for their buffers.
		return 0, l.reclaim()
	}
	bytes := 0
	for _, b := range l.bufs[:n] {
		bytes += b.PacketLen()
		if frame := b.Bytes(); l.swap && len(frame) >= wire.EthernetLen {
			wire.SwapMAC(frame)
		}
	}
	sent, status := l.to.TxBurst(l.queue, l.bufs[:n])
	netbuf.FreeBurst(l.bufs[sent:n])
	l.forwarded.Add(uint64(sent))
	l.bytes.Add(uint64(bytes))
	if sent < n {
		l.dropped.Add(uint64(n - sent))
	}
	if status&netdev.Stopped != 0 {
		return n, l.to.Err()
	}
	return n, nil
}

// reclaim takes back the buffers of packets that were sent.
func (l *lane) reclaim() error {
	if _, status := l.to.TxBurst(l.queue, nil); status&netdev.Stopped != 0 {
		return l.to.Err()
	}
	return nil
}

// patience is how long the last packets may take to leave.
const patience = 5 * time.Second

// drain waits until what the lane has forwarded is out: closing the port would
// lose it.
func (l *lane) drain() error {
	for deadline := time.Now().Add(patience); ; {
		n, status := l.to.TxPending(l.queue)
		switch {
		case status&netdev.Stopped != 0:
			return l.to.Err()
		case n == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("netdev %d still holds %d packets after %v: nobody takes them off its wire", l.to.Number(), n, patience)
		}
	}
}

// String says what went through.
func (l *lane) String() string {
	return fmt.Sprintf("port %d to %d: %d packets received, %d bytes, %d sent, %d dropped", l.from.Number(), l.to.Number(),
		l.forwarded.Load()+l.dropped.Load(), l.bytes.Load(), l.forwarded.Load(), l.dropped.Load())
}

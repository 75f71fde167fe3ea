package main

import (
	"runtime"
	"sync/atomic"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// lane is one direction of one pair of queues.
type lane struct {
	from, to  *netdev.Device
	queue     int
	swap      bool
	bufs      []*netbuf.Buf
	forwarded atomic.Uint64
	dropped   atomic.Uint64
}

// connect makes the lanes between ports, both ways.
func connect(ports []*netdev.Device, o options) (lanes []*lane) {
	for i, from := range ports {
		to := ports[len(ports)-1-i]
		for q := range o.queues {
			lanes = append(lanes, &lane{from: from, to: to, queue: q, swap: o.swap, bufs: make([]*netbuf.Buf, o.burst)})
		}
	}
	return lanes
}

// run forwards until a device stops.
func (l *lane) run() {
	for {
		n, status := l.turn()
		if status&netdev.Stopped != 0 {
			return
		}
		if n == 0 {
			runtime.Gosched() // the other lanes' turn
		}
	}
}

// turn forwards one burst. What the other port does not take is dropped: a
// forwarder that waits makes its sender wait.
func (l *lane) turn() (int, netdev.Status) {
	n, status := l.from.RxBurst(l.queue, l.bufs)
	if n == 0 {
		// Packets sent are reclaimed on the way of others; with no others
		// coming, the receive queue may be waiting for their buffers.
		l.to.TxBurst(l.queue, nil)
		return 0, status
	}
	if l.swap {
		for _, b := range l.bufs[:n] {
			swap(b.Bytes())
		}
	}
	sent, sending := l.to.TxBurst(l.queue, l.bufs[:n])
	netbuf.FreeBurst(l.bufs[sent:n])
	l.forwarded.Add(uint64(sent))
	if sent < n {
		l.dropped.Add(uint64(n - sent))
	}
	return n, status&netdev.Stopped | sending&netdev.Stopped
}

// swap exchanges the destination and source address of a frame.
func swap(frame []byte) {
	if len(frame) < 12 {
		return
	}
	f := (*[12]byte)(frame)
	dst := [6]byte(f[:6])
	copy(f[:6], f[6:])
	copy(f[6:], dst[:])
}

package pipe

import (
	"sync"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

const (
	ethernet = 14
	vlan     = 4
	batch    = 64 // buffers asked for at once
)

// queue is the receiving half of an end. Its owner posts empty buffers; the
// other end's sender fills them. One lock for a burst guards what they share.
type queue struct {
	cfg   netdev.RxConfig
	room  int // bytes of a packet that one buffer holds
	fresh [batch]*netbuf.Buf

	mu     sync.Mutex
	posted []*netbuf.Buf // empty, the last is filled next
	filled []*netbuf.Buf // packets, a ring of cfg.Size
	first  int           // the oldest of filled
	count  int           // how many there are
	inUse  int           // buffers of all of them
	armed  bool          // interrupt at the next packet
	wake   chan struct{}

	counters netdev.Counters
}

func (q *queue) open(cfg netdev.RxConfig) {
	q.cfg, q.room = cfg, cfg.BufferSize-cfg.Headroom
	q.posted = make([]*netbuf.Buf, 0, cfg.Size)
	q.filled = make([]*netbuf.Buf, cfg.Size)
	q.first, q.count, q.inUse, q.armed = 0, 0, 0, false
	select {
	case <-q.wake: // from an earlier life
	default:
	}
}

// close frees everything and wakes who waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	netbuf.FreeBurst(q.posted)
	for ; q.count > 0; q.count-- {
		q.filled[q.first].Free()
		q.first = (q.first + 1) % len(q.filled)
	}
	q.posted, q.filled, q.armed = nil, nil, false
	signal(q.wake)
}

// refill posts as many buffers as are missing, and reports whether it got them.
// On the owner's goroutine, where Alloc is called; q.mu is not held.
func (q *queue) refill(missing int) bool {
	for missing > 0 {
		n := q.cfg.Alloc(q.fresh[:min(missing, batch)])
		q.mu.Lock()
		q.posted = append(q.posted, q.fresh[:n]...)
		q.mu.Unlock()
		if n < min(missing, batch) {
			q.counters.RxNoBuffer.Add(1)
			return false
		}
		missing -= n
	}
	return true
}

// Burst implements netdev.RxQueue.
func (q *queue) Burst(bufs []*netbuf.Buf) (n int, s netdev.Status) {
	bytes, parts := 0, 0
	q.mu.Lock()
	for n < len(bufs) && q.count > 0 {
		b := q.filled[q.first]
		bufs[n] = b
		bytes += b.PacketLen()
		parts += b.Parts()
		if q.first++; q.first == len(q.filled) {
			q.first = 0
		}
		q.count--
		n++
	}
	q.inUse -= parts
	if q.count > 0 {
		s = netdev.More
	}
	missing := q.cfg.Size - q.inUse - len(q.posted)
	q.mu.Unlock()
	if n > 0 {
		q.counters.RxPackets.Add(uint64(n))
		q.counters.RxBytes.Add(uint64(bytes))
	}
	if missing*4 >= q.cfg.Size && !q.refill(missing) {
		s |= netdev.Underrun
	}
	return n, s
}

// EnableInterrupt implements netdev.RxQueue.
func (q *queue) EnableInterrupt() bool {
	q.mu.Lock()
	missing := q.cfg.Size - q.inUse - len(q.posted)
	q.mu.Unlock()
	q.refill(missing) // an empty queue would never interrupt
	q.mu.Lock()
	defer q.mu.Unlock()
	q.armed = q.count == 0
	return q.count > 0
}

// DisableInterrupt implements netdev.RxQueue.
func (q *queue) DisableInterrupt() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.armed = false
}

// Wait implements netdev.RxQueue.
func (q *queue) Wait() { <-q.wake }

// Wake implements netdev.RxQueue.
func (q *queue) Wake() { signal(q.wake) }

// sender is the sending half of an end.
type sender struct {
	d        *Driver
	counters netdev.Counters
}

// Burst implements netdev.TxQueue. Frames to an end that is not running are
// lost, as on a cable. While that end has no buffers the queue is full; but a
// loopback device would wait for itself, so there they are lost.
func (t *sender) Burst(bufs []*netbuf.Buf) (n int, s netdev.Status) {
	to := t.d.peer
	sent, bytes, bad := 0, 0, 0
	to.rx.mu.Lock()
	for _, b := range bufs {
		length, ok := t.sendable(b)
		if !ok {
			bad++
		} else if to.accepts(b) {
			parts := (length + to.rx.room - 1) / to.rx.room
			if parts <= len(to.rx.posted) {
				to.rx.arrive(b, parts, to.have)
			} else if to != t.d {
				t.counters.TxFull.Add(1)
				break
			}
		}
		if ok {
			sent++
			bytes += length
		}
		n++
	}
	if len(to.rx.posted) > 0 || !to.running.Load() || to == t.d {
		s = netdev.More
	}
	if to.rx.armed && to.rx.count > 0 {
		to.rx.armed = false
		signal(to.rx.wake)
	}
	to.rx.mu.Unlock()
	netbuf.FreeBurst(bufs[:n])
	t.counters.TxPackets.Add(uint64(sent))
	t.counters.TxBytes.Add(uint64(bytes))
	t.counters.TxErrors.Add(uint64(bad))
	return n, s
}

// Pending implements netdev.TxQueue: a cable holds nothing.
func (t *sender) Pending() (int, netdev.Status) { return 0, netdev.More }

// sendable checks a packet against what the sending end agreed to.
func (t *sender) sendable(b *netbuf.Buf) (length int, ok bool) {
	length = b.PacketLen()
	have := t.d.have
	switch {
	case length < ethernet || length > int(t.d.mtu.Load())+ethernet+vlan,
		b.GSO != netbuf.GSONone,
		b.Checksum == netbuf.ChecksumPartial && (have&netdev.TxChecksum == 0 || !b.Covers(length)):
		return length, false
	}
	return length, b.Next() == nil || b.Parts() <= maxChain
}

// accepts reports whether the end takes a frame off the cable.
func (d *Driver) accepts(b *netbuf.Buf) bool {
	if !d.running.Load() {
		return false
	}
	if d.promisc.Load() || b.Len() < len(netdev.HardwareAddr{}) {
		return true
	}
	to := netdev.HardwareAddr(b.Bytes())
	return to.Multicast() || to == *d.addr.Load()
}

// arrive copies a frame into posted buffers; q.mu is held and there are enough.
func (q *queue) arrive(frame *netbuf.Buf, parts int, have netdev.Features) {
	var first, last *netbuf.Buf
	for range parts {
		in := q.posted[len(q.posted)-1]
		q.posted = q.posted[:len(q.posted)-1]
		if first == nil {
			first = in
		} else {
			last.SetNext(in)
		}
		last = in
	}
	in := first
	for p := frame; p != nil; p = p.Next() {
		for rest := p.Bytes(); len(rest) > 0; {
			if in.Len() == q.room {
				in = in.Next()
			}
			n := min(len(rest), q.room-in.Len())
			copy(in.Append(n), rest)
			rest = rest[n:]
		}
	}
	switch first.Offload = frame.Offload; {
	case have&netdev.RxChecksum != 0:
	case frame.Checksum == netbuf.ChecksumPartial:
		first.FinishChecksum()
	default:
		first.Offload = netbuf.Offload{}
	}
	q.filled[(q.first+q.count)%len(q.filled)] = first
	q.count++
	q.inUse += parts
}

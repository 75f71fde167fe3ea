//go:build linux

package netif

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/vnethdr"
)

// maxLarge is as long as coalesced segments get, beyond the first buffer.
const maxLarge = 1 << 16

// batch is how many packets one call moves at most.
const batch = 64

// rxQueue receives. Its stash has buffers that are ready to be filled: each is a
// window from the header in its headroom to its end.
type rxQueue struct {
	d        *Driver
	file     *os.File // d's, for whoever calls Wake when d has another one
	raw      syscall.RawConn
	cfg      netdev.RxConfig
	stash    [batch]*netbuf.Buf
	count    int // of stash
	size     int // as many as it is filled up to
	lengths  [batch]int
	overflow [][]byte              // for each window, when segments may come coalesced
	part     [1]*netbuf.Buf        // for one more part of such a packet
	poll     func(fd uintptr) bool // readable, for Wait; made once
	counters netdev.Counters
}

func newRxQueue(d *Driver, cfg netdev.RxConfig) *rxQueue {
	q := &rxQueue{d: d, file: d.file, raw: d.raw, cfg: cfg, size: min(cfg.Size, batch)}
	if d.info.Features&(netdev.RxTSO4|netdev.RxTSO6) != 0 {
		q.overflow = make([][]byte, q.size)
		for i := range q.overflow {
			q.overflow[i] = make([]byte, maxLarge)
		}
	}
	q.poll = func(fd uintptr) bool { return readable(int(fd)) }
	return q
}

func (q *rxQueue) close() {
	netbuf.FreeBurst(q.stash[:q.count])
	q.count = 0
}

// refill fills the stash up and reports whether there were buffers enough.
func (q *rxQueue) refill() bool {
	want := q.size - q.count
	if want == 0 {
		return true
	}
	fresh := q.stash[q.count:q.size]
	got := q.cfg.Alloc(fresh)
	for _, b := range fresh[:got] {
		if b.Push(headerBytes) == nil { // not what RxConfig.Alloc promises
			b.Free()
			q.counters.RxErrors.Add(1)
			continue
		}
		b.Append(b.Tailroom())
		q.stash[q.count] = b
		q.count++
	}
	if got < want {
		q.counters.RxNoBuffer.Add(1)
		return false
	}
	return true
}

// Burst implements netdev.RxQueue.
func (q *rxQueue) Burst(bufs []*netbuf.Buf) (n int, s netdev.Status) {
	bytes, bad := 0, 0
	for n < len(bufs) {
		if q.count < len(bufs)-n && !q.refill() {
			s |= netdev.Underrun
		}
		windows := q.stash[:min(q.count, len(bufs)-n)]
		if len(windows) == 0 {
			break
		}
		got := q.d.port.receive(q.d.fd, windows, q.overflow, q.lengths[:])
		kept := 0 // windows of packets that nobody gets
		for i, b := range windows[:got] {
			length := q.lengths[i] - headerBytes
			switch q.sort(b, length, i) {
			case deliver:
				bufs[n] = b
				bytes += length
				n++
				continue
			case broken:
				bad++
			}
			q.stash[kept] = b
			kept++
		}
		q.count = kept + copy(q.stash[kept:], q.stash[got:q.count])
		if got < len(windows) {
			break // the kernel has no more
		}
	}
	if n == len(bufs) {
		s |= netdev.More
	}
	if n > 0 {
		q.counters.RxPackets.Add(uint64(n))
		q.counters.RxBytes.Add(uint64(bytes))
	}
	if bad > 0 {
		q.counters.RxErrors.Add(uint64(bad))
	}
	return n, s
}

// verdict is what becomes of a frame.
type verdict uint8

const (
	deliver verdict = iota
	foreign
	broken
)

// sort decides about a frame of length bytes in window b, number i, and, to
// deliver it, makes b the packet.
func (q *rxQueue) sort(b *netbuf.Buf, length, i int) verdict {
	if length < ethernet {
		return broken
	}
	w := b.Bytes()
	to := netdev.HardwareAddr(w[headerBytes:])
	if !to.Multicast() && to != *q.d.own.Load() && !q.d.promisc.Load() {
		return foreign
	}
	more := max(headerBytes+length-b.Len(), 0) // bytes in the overflow
	b.Trim(b.Len() + more - headerBytes - length)
	if h := b.Pull(headerBytes); more > 0 && !q.extend(b, q.overflow[i][:more]) || !offload(h, b, q.d.info.Features) {
		b.Next().Free()
		b.SetNext(nil)
		b.Offload = netbuf.Offload{}
		b.Push(headerBytes)
		b.Append(b.Tailroom())
		return broken
	}
	return deliver
}

// extend adds parts to packet b that hold a copy of rest. It returns false when
// there are no buffers for them.
func (q *rxQueue) extend(b *netbuf.Buf, rest []byte) bool {
	for len(rest) > 0 {
		if q.cfg.Alloc(q.part[:]) == 0 {
			q.counters.RxNoBuffer.Add(1)
			return false
		}
		next := q.part[0]
		n := copy(next.Append(min(next.Tailroom(), len(rest))), rest)
		rest = rest[n:]
		b.SetNext(next)
		b = next
	}
	return true
}

// offload reads b's header h. A checksum that the host left undone, as it does
// between its interfaces, is completed for a program that does not want to know
// of it. It returns false for a header that makes no sense, and for coalesced
// segments, which were not asked for.
func offload(h []byte, b *netbuf.Buf, have netdev.Features) bool {
	if h[0]|h[1] == 0 {
		return true
	}
	head := vnethdr.Read(h)
	if !head.Offload(&b.Offload, b.PacketLen(), have|netdev.RxChecksum) {
		return false
	}
	if have&netdev.RxChecksum == 0 {
		b.FinishChecksum() // Offload found it inside the packet
		b.Offload = netbuf.Offload{}
	}
	return true
}

// EnableInterrupt implements netdev.RxQueue. The kernel's wake-up for a packet
// is always on; it costs nothing while nobody waits.
func (q *rxQueue) EnableInterrupt() bool { return readable(q.d.fd) }

// DisableInterrupt implements netdev.RxQueue.
func (q *rxQueue) DisableInterrupt() {}

// Wait implements netdev.RxQueue: the runtime's poller parks the goroutine until
// there is a packet, its deadline is over, or the file is closed.
func (q *rxQueue) Wait() {
	switch err := q.raw.Read(q.poll); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		q.file.SetReadDeadline(time.Time{}) // no more
	case err != nil && !errors.Is(err, os.ErrClosed):
		runtime.Gosched() // cannot be; the caller polls
	}
}

// Wake implements netdev.RxQueue: by a deadline, which lasts until a Wait has seen
// it. The file may be closed by now.
func (q *rxQueue) Wake() { q.file.SetReadDeadline(time.Unix(1, 0)) }

//go:build linux

package netif

import (
	"syscall"

	"golang.org/x/sys/unix"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/vnethdr"
)

// txQueue sends. The kernel copies a packet while the call lasts, so nothing is
// in flight after it.
type txQueue struct {
	d        *Driver
	headers  [batch][]byte            // one for each packet of a batch
	spare    [batch][headerBytes]byte // for packets without headroom
	counters netdev.Counters
}

func newTxQueue(d *Driver) *txQueue { return &txQueue{d: d} }

// Burst implements netdev.TxQueue.
func (q *txQueue) Burst(bufs []*netbuf.Buf) (n int, s netdev.Status) {
	sent, bytes, bad := 0, 0, 0
	s = netdev.More
	for n < len(bufs) {
		some := bufs[n:min(len(bufs), n+batch)]
		good := q.prepare(some)
		if good == 0 {
			some[0].Free()
			bad++
			n++
			continue
		}
		went, errno := q.d.port.send(q.d.fd, some[:good], q.headers[:good])
		for _, b := range some[:went] {
			bytes += b.PacketLen()
		}
		netbuf.FreeBurst(some[:went])
		sent += went
		n += went
		if went > 0 {
			continue // if not all went, the next call says why
		}
		if errno == unix.EAGAIN || errno == unix.ENOBUFS {
			q.counters.TxFull.Add(1)
			s = 0
			break
		}
		// The kernel will not have this one: too long, interface down, ...
		bufs[n].Free()
		bad++
		n++
	}
	if sent > 0 {
		q.counters.TxPackets.Add(uint64(sent))
		q.counters.TxBytes.Add(uint64(bytes))
	}
	if bad > 0 {
		q.counters.TxErrors.Add(uint64(bad))
	}
	return n, s
}

// Pending implements netdev.TxQueue.
func (q *txQueue) Pending() (int, netdev.Status) { return 0, netdev.More }

// prepare makes the headers of packets up to the first that cannot be sent and
// returns how many. A header goes in the headroom; the packet's bounds stay.
func (q *txQueue) prepare(bufs []*netbuf.Buf) int {
	for i, b := range bufs {
		length := b.PacketLen()
		if length < ethernet || b.GSO == netbuf.GSONone && length > int(q.d.mtu.Load())+ethernet+vlan ||
			length > 1<<16 || b.Next() != nil && b.Parts() > maxChain {
			return i
		}
		h := b.Before(headerBytes)
		if h == nil {
			h = q.spare[i][:]
		}
		if !vnethdr.Encode(h, &b.Offload, length, q.d.info.Features) {
			return i
		}
		q.headers[i] = h
	}
	return len(bufs)
}

// ok is no error.
const ok = syscall.Errno(0)

package net

import (
	"yolk/drivers/virtio"
	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/vnethdr"
)

// batch is how many packets the driver hands to or takes from a ring at once:
// longer bursts are cut. Its scratch arrays then stay in the first-level cache.
const batch = 64

// txQueue is a transmit queue. Packets sent stay in the ring until the device
// has used them; that is noticed when descriptors are needed, not before, and
// never by an interrupt.
type txQueue struct {
	d      *Device
	number int
	ring   virtio.Ring[*netbuf.Buf]
	low    int // free descriptors below which a burst reclaims first
	memory ringMemory
	cfg    netdev.TxConfig
	// headers has buffers for the headers of packets without headroom, each
	// put in front of its packet as a part of its own.
	headers *netbuf.Pool

	segs     [batch]virtio.Segment
	done     [batch]*netbuf.Buf
	lengths  [batch]uint32
	chain    []virtio.Segment
	vain     int // questions that Pending answered without news
	counters netdev.Counters
}

// Burst implements netdev.TxQueue. A packet that the device could not handle
// (bad offload request, empty, too many parts) is counted, freed and reported as
// taken: retrying would not help. Chains need as many descriptors as parts, and
// one more if the headroom is below Info.TxHeadroom.
func (t *txQueue) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	n, status, ring := t.Enter(bufs)
	if ring {
		t.Ring()
	}
	return n, status
}

// Ring implements netdev.DoorbellQueue. A device that has failed is not told: it is about
// to be reset, and must not be before it runs again (2.9, 3.1).
func (t *txQueue) Ring() {
	if t.d.failed.Load() {
		return
	}
	t.d.t.Notify(t.number)
	t.counters.Kicks.Add(1)
}

// Enter implements netdev.DoorbellQueue. Whether the device wants the doorbell is asked
// when the packets are in the ring: who enters more before it is rung need not ring again.
func (t *txQueue) Enter(bufs []*netbuf.Buf) (n int, status netdev.Status, ring bool) {
	d := t.d
	if d.failed.Load() {
		return 0, netdev.Stopped, false
	}
	if len(bufs) == 0 || t.ring.Free() < t.low+len(bufs) {
		t.reclaim()
	}
	if len(bufs) == 1 && t.sendOne(bufs[0]) {
		n = 1
	} else {
		n = t.sendAll(bufs)
	}
	ring = t.ring.Publish()
	if n < len(bufs) {
		t.counters.TxFull.Add(1)
	}
	if t.ring.Free() > 0 {
		status = netdev.More
	}
	if d.failed.Load() {
		status |= netdev.Stopped
	}
	return n, status, ring
}

// Pending implements netdev.TxQueue. Who asks has nothing more to send, so that a
// doorbell that was lost would never be made up for, and the packets would stay:
// now and then a question in vain rings again, which does no harm. QEMU up to 8.1
// loses a doorbell when it emulates one processor, as it always does with -icount:
// barriers do nothing then, though its devices run on another thread.
func (t *txQueue) Pending() (int, netdev.Status) {
	if !t.d.failed.Load() && t.reclaim() == 0 && t.ring.InFlight() > 0 {
		if t.vain++; t.vain%patience == 0 {
			t.Ring()
		}
	}
	if t.d.failed.Load() {
		return 0, netdev.Stopped
	}
	return t.ring.InFlight(), netdev.More
}

// patience is after how many questions in vain Pending rings: many times what a
// device needs to answer, and far less than anybody waits.
const patience = 1 << 16

// tally is what a burst did.
type tally struct{ packets, bytes, bad int }

// sendOne does for a burst of one what gather and send do, without their loops, and
// counts it; or returns false, for send to do it, if it is not one buffer with headroom, or
// if there is no room.
func (t *txQueue) sendOne(b *netbuf.Buf) bool {
	if t.d.framed {
		return false
	}
	hdr := t.d.hdr
	length, h := b.Len(), b.Before(hdr)
	if b.Next() != nil || length < minPacket || length > int(t.d.longest.Load()) || h == nil || !b.HasAddr() {
		return false
	}
	if len(h) == headerBytes && b.Checksum != netbuf.ChecksumPartial && b.GSO == netbuf.GSONone {
		*(*[headerBytes]byte)(h) = [headerBytes]byte{}
	} else if !vnethdr.Encode(h, &b.Offload, length, t.d.have) {
		return false
	}
	if !t.ring.AddOne(virtio.Out(b.Addr()-uint64(hdr), uint32(hdr+length)), b) {
		return false
	}
	t.counters.TxPackets.Add(1)
	t.counters.TxBytes.Add(uint64(length))
	return true
}

// sendAll is send, and counts what it did.
func (t *txQueue) sendAll(bufs []*netbuf.Buf) int {
	var sum tally
	n := t.send(bufs, &sum)
	if sum.packets > 0 {
		t.counters.TxPackets.Add(uint64(sum.packets))
		t.counters.TxBytes.Add(uint64(sum.bytes))
	}
	if sum.bad > 0 {
		t.counters.TxErrors.Add(uint64(sum.bad))
	}
	return n
}

// send enters packets in the ring and returns how many were taken.
func (t *txQueue) send(bufs []*netbuf.Buf, sum *tally) (n int) {
	for n < len(bufs) {
		k, bytes := t.gather(bufs[n:])
		if k > 0 {
			took := t.ring.Add(t.segs[:k], bufs[n:])
			if took < k {
				bytes = total(bufs[n : n+took])
			}
			n += took
			sum.packets += took
			sum.bytes += bytes
			if took == k || t.reclaim() > 0 {
				continue
			}
			return n
		}
		length, verdict := t.sendOdd(bufs[n])
		switch verdict {
		case full:
			return n
		case refused:
			bufs[n].Free()
			sum.bad++
		case sent:
			sum.packets++
			sum.bytes += length
		}
		n++
	}
	return n
}

// total is the length of packets of one buffer each.
func total(bufs []*netbuf.Buf) (bytes int) {
	for _, b := range bufs {
		bytes += b.Len()
	}
	return bytes
}

// gather writes the header and the segment of each packet up to the first that
// is not one buffer with headroom, and returns how many and their bytes. Header
// and packet are one descriptor: with VERSION_1 or ANY_LAYOUT any framing goes
// (2.7.4, 5.1.6.2). Their bounds stay as they are, for other owners.
func (t *txQueue) gather(bufs []*netbuf.Buf) (n, bytes int) {
	hdr, longest := t.d.hdr, int(t.d.longest.Load())
	if t.d.framed {
		return 0, 0
	}
	bufs = bufs[:min(len(bufs), batch)]
	for _, b := range bufs {
		length := b.Len()
		if b.Next() != nil || length < minPacket || length > longest {
			break
		}
		h := b.Before(hdr)
		if h == nil || !b.HasAddr() {
			break
		}
		if b.Checksum != netbuf.ChecksumPartial && b.GSO == netbuf.GSONone {
			if len(h) == headerBytes {
				*(*[headerBytes]byte)(h) = [headerBytes]byte{} // two stores, no call
			} else {
				clear(h)
			}
		} else if !vnethdr.Encode(h, &b.Offload, length, t.d.have) {
			break
		}
		t.segs[n] = virtio.Out(b.Addr()-uint64(hdr), uint32(hdr+length))
		bytes += length
		n++
	}
	return n, bytes
}

// verdict is what became of a packet.
type verdict uint8

const (
	sent verdict = iota
	full
	refused
)

// sendOdd sends a packet that gather left: one of several parts, without
// headroom, or not to be sent at all; or any packet for a device that wants the
// header in a descriptor of its own.
func (t *txQueue) sendOdd(b *netbuf.Buf) (int, verdict) {
	length, parts := b.PacketLen(), b.Parts()
	longest := maxPacket
	if b.GSO == netbuf.GSONone {
		longest = int(t.d.longest.Load())
	}
	if length < minPacket || length > longest || parts+1 > min(cap(t.chain), t.ring.Size()) || !reachable(b) {
		return 0, refused
	}
	hdr, first := t.d.hdr, b
	if b.Headroom() < hdr {
		if first = t.headers.Get(); first == nil {
			if t.reclaim() == 0 {
				return 0, full
			}
			return t.sendOdd(b)
		}
		first.SetNext(b)
	}
	ok := vnethdr.Encode(first.Before(hdr), &b.Offload, length, t.d.have)
	segs := t.segments(first, hdr)
	for ok && !t.ring.AddChain(segs, first) {
		if t.reclaim() == 0 {
			t.detach(first, b)
			return 0, full
		}
	}
	if !ok {
		t.detach(first, b)
		return 0, refused
	}
	return length, sent
}

// reachable reports whether the device can read every part of a packet.
func reachable(b *netbuf.Buf) bool {
	for ; b != nil; b = b.Next() {
		if !b.HasAddr() {
			return false
		}
	}
	return true
}

// segments returns the header, the hdr bytes before first, and what the parts
// from first on hold; the header alone if the device wants that. Empty parts are
// left out: devices do not take descriptors of length 0.
func (t *txQueue) segments(first *netbuf.Buf, hdr int) []virtio.Segment {
	segs := t.chain[:0]
	addr, n := first.Addr()-uint64(hdr), first.Len()
	if t.d.framed && n > 0 {
		segs = append(segs, virtio.Out(addr, uint32(hdr)), virtio.Out(addr+uint64(hdr), uint32(n)))
	} else {
		segs = append(segs, virtio.Out(addr, uint32(hdr+n)))
	}
	for p := first.Next(); p != nil; p = p.Next() {
		if p.Len() > 0 {
			segs = append(segs, virtio.Out(p.Addr(), uint32(p.Len())))
		}
	}
	return segs
}

// detach gives the header's buffer back, if the packet got one.
func (t *txQueue) detach(first, b *netbuf.Buf) {
	if first != b {
		first.SetNext(nil)
		first.Free()
	}
}

// reclaim frees the packets that the device has read and returns how many.
func (t *txQueue) reclaim() int {
	all := 0
	for {
		n := t.ring.Used(t.done[:], t.lengths[:])
		netbuf.FreeBurst(t.done[:n])
		all += n
		if n < batch {
			break
		}
	}
	if err := t.ring.Err(); err != nil {
		t.d.fail(&t.counters, err)
	}
	return all
}

package net

import (
	"yolk/drivers/virtio"
	"yolk/netdev"
)

// txQueue is the transmit queue. Packets sent stay in bufs until the device has
// used them; that is noticed when descriptors are needed, not before, and never
// by an interrupt.
type txQueue struct {
	side
	segs []virtio.Segment // scratch for chains

	// headers holds a packet header for each descriptor, for packets without
	// the headroom for one.
	headers ringMemory
}

// prepare readies the queue for a started device.
func (t *txQueue) prepare(size int, m virtio.Memory) error {
	if len(t.bufs) != size {
		t.bufs = make([]*netdev.Buffer, size)
		t.segs = make([]virtio.Segment, 0, size)
	}
	return t.headers.allocate(m, size*headerBytes)
}

// reclaimAt returns the free descriptors below which a burst reclaims first:
// seldom enough that the used ring is read in batches.
func (d *Device) reclaimAt() int { return d.cfg.TxSize / 4 }

// TxBurst implements netdev.Device. A packet that the device could not handle
// (bad offload request, empty, too many parts) is counted, freed and reported as
// taken: retrying would not help. Chains need as many descriptors as parts, and
// one more if the headroom is below Info.TxHeadroom.
func (d *Device) TxBurst(queue int, bufs []*netdev.Buffer) int {
	if queue != 0 || d.State() != netdev.Running {
		return 0
	}
	t := &d.tx
	if len(bufs) == 0 || t.q.Free() < d.reclaimAt()+len(bufs) {
		d.reclaim()
	}
	n, bytes, bad := 0, 0, 0
	for _, b := range bufs {
		length, verdict := d.send(b)
		if verdict == full {
			t.counters.TxFull.Add(1)
			break
		}
		if verdict == refused {
			b.Free()
			bad++
		}
		bytes += length
		n++
	}
	if t.q.Publish() {
		d.t.Notify(queueTx)
		t.counters.Kicks.Add(1)
	}
	if n > bad {
		t.counters.TxPackets.Add(uint64(n - bad))
		t.counters.TxBytes.Add(uint64(bytes))
	}
	if bad > 0 {
		t.counters.TxErrors.Add(uint64(bad))
	}
	return n
}

// verdict is what became of a packet.
type verdict uint8

const (
	sent verdict = iota
	full
	refused
)

// send enters one packet in the queue and returns its length if it was sent.
func (d *Device) send(b *netdev.Buffer) (int, verdict) {
	t := &d.tx
	if b.Next() != nil || b.Headroom() < headerBytes {
		return d.sendChain(b)
	}
	length := b.Len()
	if length < minPacket {
		return 0, refused
	}
	if t.q.Free() == 0 {
		return 0, full
	}
	if !encode(b.Push(headerBytes), &b.Offload, length, d.have) {
		b.Pull(headerBytes)
		return 0, refused
	}
	// Header and packet are one descriptor: with VERSION_1 any framing goes
	// (2.7.4, 5.1.6.2). The packet's bounds are restored for other owners.
	addr := b.Addr()
	b.Pull(headerBytes)
	id, ok := t.q.AddOne(addr, uint32(headerBytes+length), false)
	if !ok {
		return 0, full
	}
	t.bufs[id] = b
	return length, sent
}

// sendChain is send for packets of several parts or without headroom.
func (d *Device) sendChain(b *netdev.Buffer) (int, verdict) {
	t := &d.tx
	length, parts := b.PacketLen(), b.Parts()
	inHeadroom := b.Headroom() >= headerBytes
	if !inHeadroom { // one more descriptor, for the header
		parts++
	}
	if length < minPacket || parts > d.cfg.TxSize {
		return 0, refused
	}
	if parts > t.q.Free() {
		d.reclaim()
		if parts > t.q.Free() {
			return 0, full
		}
	}
	segs, ok := d.firstSegments(t.segs[:0], b, length, inHeadroom)
	if !ok {
		return 0, refused
	}
	for p := b.Next(); p != nil; p = p.Next() {
		segs = appendPart(segs, p)
	}
	id, ok := t.q.Add(segs)
	if !ok {
		return 0, full
	}
	t.bufs[id] = b
	return length, sent
}

// firstSegments writes the header and appends it and b's own part to segs, as one
// segment or, without headroom, as two with the header in the slot that belongs
// to the descriptor which will head the chain.
func (d *Device) firstSegments(segs []virtio.Segment, b *netdev.Buffer, length int, inHeadroom bool) ([]virtio.Segment, bool) {
	t := &d.tx
	if inHeadroom {
		ok := encode(b.Push(headerBytes), &b.Offload, length, d.have)
		segs = appendPart(segs, b)
		b.Pull(headerBytes)
		return segs, ok
	}
	off := int(t.q.NextID()) * headerBytes
	ok := encode(t.headers.mem[off:off+headerBytes], &b.Offload, length, d.have)
	segs = append(segs, virtio.Segment{Addr: t.headers.addr + uint64(off), Len: headerBytes})
	return appendPart(segs, b), ok
}

// appendPart appends what b holds, if anything: devices do not take descriptors
// of length 0.
func appendPart(segs []virtio.Segment, b *netdev.Buffer) []virtio.Segment {
	if b.Len() == 0 {
		return segs
	}
	return append(segs, virtio.Segment{Addr: b.Addr(), Len: uint32(b.Len())})
}

// reclaim frees the packets that the device has read.
func (d *Device) reclaim() {
	t := &d.tx
	for {
		id, _, ok := t.q.Pop()
		if !ok {
			break
		}
		b := t.bufs[id]
		t.bufs[id] = nil
		b.Free()
	}
	if err := t.q.Err(); err != nil {
		d.fail(&t.counters, err)
	}
}

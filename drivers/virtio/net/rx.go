package net

import (
	"errors"
	"fmt"

	"yolk/drivers/virtio"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// ErrMerge is the cause when the device claims impossible merged buffers.
var ErrMerge = errors.New("virtio-net: impossible number of merged buffers")

// ErrBuffer is the cause when RxConfig.Alloc gives a buffer that does not serve.
var ErrBuffer = errors.New("virtio-net: receive buffer from Alloc is not empty, lacks headroom, or is not in Info.Memory")

// rxQueue is a receive queue. Each buffer in it is empty and posted from 12 bytes
// before its packet area on, so that the header lands in the headroom:
//
//	|   headroom - 12   | header 12 |  packet ...             |
//	                    ^ posted from here to the buffer's end
type rxQueue struct {
	d      *Device
	number int
	ring   virtio.Ring[*netbuf.Buf]
	each   int // descriptors for a buffer
	low    int // free descriptors from which a burst refills
	memory ringMemory
	cfg    netdev.RxConfig

	// A packet whose merged buffers have not all arrived.
	first, last *netbuf.Buf
	missing     int
	hdr         header

	segs     [batch]virtio.Segment
	pair     [2]virtio.Segment // scratch for post
	fresh    [batch]*netbuf.Buf
	lengths  [batch]uint32
	counters netdev.Counters
}

// refill posts as many buffers as fit and there are, and shows them to the
// device with one store. It returns false when there were too few.
func (r *rxQueue) refill() (full bool) {
	full = true
	hdr := r.d.hdr
	for r.ring.Free() >= r.each && r.ring.Err() == nil {
		want := min(batch, r.ring.Free()/r.each)
		n := r.cfg.Alloc(r.fresh[:want])
		for i, b := range r.fresh[:n] {
			if b.Headroom() < hdr || b.Len() != 0 || !b.HasAddr() || b.Tailroom() == 0 {
				netbuf.FreeBurst(r.fresh[:n])
				r.d.stop(ErrBuffer)
				return false
			}
			r.segs[i] = virtio.In(b.Addr()-uint64(hdr), uint32(hdr+b.Tailroom()))
		}
		took := r.post(n)
		netbuf.FreeBurst(r.fresh[took:n])
		if n < want {
			r.counters.RxNoBuffer.Add(1)
			full = false
			break
		}
		if took < n {
			break
		}
	}
	if r.ring.Publish() {
		r.d.t.Notify(r.number)
		r.counters.Kicks.Add(1)
	}
	return full
}

// post enters n fresh buffers in the ring and returns how many it took.
func (r *rxQueue) post(n int) int {
	if r.each == 1 {
		return r.ring.Add(r.segs[:n], r.fresh[:n])
	}
	// An old device wants a descriptor for the header alone.
	hdr := uint32(r.d.hdr)
	for i, b := range r.fresh[:n] {
		r.pair = [2]virtio.Segment{virtio.In(b.Addr()-uint64(hdr), hdr), virtio.In(b.Addr(), uint32(b.Tailroom()))}
		if !r.ring.AddChain(r.pair[:], b) {
			return i
		}
	}
	return n
}

// Burst implements netdev.RxQueue.
func (r *rxQueue) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	d := r.d
	if d.failed.Load() {
		return 0, netdev.Stopped
	}
	var sum tally
	var status netdev.Status
	n := 0
	for n < len(bufs) {
		want := bufs[n:min(len(bufs), n+batch)]
		got := r.ring.Used(want, r.lengths[:])
		n += r.sort(want[:got], &sum)
		if got < len(want) || d.failed.Load() {
			break
		}
	}
	if n == len(bufs) {
		status = netdev.More // perhaps: that much is not worth a look at the ring
	}
	if err := r.ring.Err(); err != nil {
		d.fail(&r.counters, err)
	} else if r.ring.Free() >= r.low && !r.refill() {
		status |= netdev.Underrun
	}
	if n > 0 {
		r.counters.RxPackets.Add(uint64(n))
		r.counters.RxBytes.Add(uint64(sum.bytes))
	}
	if sum.bad > 0 {
		r.counters.RxErrors.Add(uint64(sum.bad))
	}
	if d.failed.Load() {
		status |= netdev.Stopped
	}
	return n, status
}

// EnableInterrupt implements netdev.RxQueue. A starved queue is refilled first:
// with no buffers in it no packet, and so no interrupt, would ever come.
func (r *rxQueue) EnableInterrupt() bool {
	if r.ring.Free() > r.ring.Size()/2 {
		r.refill()
	}
	return r.ring.EnableInterrupt()
}

// DisableInterrupt implements netdev.RxQueue.
func (r *rxQueue) DisableInterrupt() { r.ring.DisableInterrupt() }

// Wait implements netdev.RxQueue.
func (r *rxQueue) Wait() { r.d.irq.Wait(r.number) }

// Wake implements netdev.RxQueue.
func (r *rxQueue) Wake() { r.d.irq.Wake(r.number) }

// sort makes packets of the used buffers in bufs, with their lengths in
// r.lengths, moves them to its front and returns how many.
func (r *rxQueue) sort(bufs []*netbuf.Buf, sum *tally) (n int) {
	hdr, merged := r.d.hdr, r.d.agreed&featMrgRxbuf != 0
	lengths := r.lengths[:len(bufs)]
	for i, b := range bufs {
		length := int(lengths[i])
		if r.missing == 0 && length >= headerBytes+minPacket && hdr == headerBytes &&
			plain((*[headerBytes]byte)(b.Before(headerBytes)), merged) {
			b.Append(length - hdr) // fits: the ring checked it against what was posted
			bufs[n] = b
			n++
			sum.bytes += length - hdr
			continue
		}
		b.Push(hdr)
		b.Trim(hdr) // empty, from where the device wrote
		b.Append(length)
		whole, sane := r.assemble(b)
		if whole != nil {
			bufs[n] = whole
			n++
			sum.bytes += whole.PacketLen()
		} else if !sane {
			sum.bad++
		}
	}
	return n
}

// assemble adds a used buffer to the packet it belongs to and returns the packet
// when it is whole. Otherwise it returns nil, with sane telling whether the
// packet merely waits for more buffers or was dropped.
func (r *rxQueue) assemble(b *netbuf.Buf) (whole *netbuf.Buf, sane bool) {
	if r.missing > 0 {
		r.last.SetNext(b)
		r.last = b
	} else if !r.begin(b) {
		b.Free()
		return nil, false
	}
	if r.missing--; r.missing > 0 {
		return nil, true
	}
	whole, r.first, r.last = r.first, nil, nil
	length := whole.PacketLen()
	if length < minPacket || !r.hdr.Offload(&whole.Offload, length, r.d.have) {
		whole.Free()
		return nil, false
	}
	return whole, true
}

// begin reads the header of a packet's first buffer (5.1.6.4).
func (r *rxQueue) begin(b *netbuf.Buf) bool {
	h := b.Pull(r.d.hdr)
	if h == nil { // the device wrote less than a header
		return false
	}
	r.hdr = decode(h)
	count := 1
	if r.d.agreed&featMrgRxbuf != 0 {
		count = int(r.hdr.count)
	}
	if count == 0 || count > r.ring.Size() {
		r.d.fail(&r.counters, fmt.Errorf("%w: %d", ErrMerge, count))
		return false
	}
	r.first, r.last, r.missing = b, b, count
	return true
}

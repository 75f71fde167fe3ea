package net

import (
	"errors"
	"fmt"

	"yolk/drivers/virtio"
	"yolk/netdev"
)

// ErrMerge is the cause when the device claims impossible merged buffers.
var ErrMerge = errors.New("virtio-net: impossible number of merged buffers")

// side is what both directions have.
type side struct {
	ringMemory
	q        *virtio.Queue
	bufs     []*netdev.Buffer // by descriptor id, what the device has
	max      int              // largest size of the device
	counters netdev.Counters
}

// rxQueue is the receive queue. Each buffer in it is posted from headerBytes
// before its packet area on, so that the packet lands behind the full headroom:
//
//	|   headroom - 12   | header 12 |  packet ...             |
//	                    ^ posted from here to the buffer's end
type rxQueue struct {
	side
	pool *netdev.Pool // owned by the goroutine that receives

	// A packet whose merged buffers have not all arrived.
	first, last *netdev.Buffer
	missing     int
	hdr         header
}

// prepare readies the queue for a started device.
func (r *rxQueue) prepare(size int) {
	if len(r.bufs) != size {
		r.bufs = make([]*netdev.Buffer, size)
	}
	r.first, r.last, r.missing = nil, nil, 0
}

// refill posts as many buffers as fit and there are, and shows them to the
// device with one store.
func (d *Device) refill() {
	r := &d.rx
	for r.q.Free() > 0 {
		b := r.pool.Get()
		if b == nil {
			r.counters.RxNoBuffer.Add(1)
			break
		}
		b.Push(headerBytes)
		b.Trim(headerBytes) // empty, from where the device is to write
		id, ok := r.q.AddOne(b.Addr(), uint32(b.Tailroom()), true)
		if !ok { // the queue has failed
			b.Free()
			break
		}
		r.bufs[id] = b
	}
	if r.q.Publish() {
		d.t.Notify(queueRx)
		r.counters.Kicks.Add(1)
	}
}

// RxBurst implements netdev.Device.
func (d *Device) RxBurst(queue int, bufs []*netdev.Buffer) int {
	if queue != 0 || d.State() != netdev.Running {
		return 0
	}
	r := &d.rx
	n, bytes, bad := 0, 0, 0
	for n < len(bufs) {
		id, written, ok := r.q.Pop()
		if !ok {
			break
		}
		b := r.bufs[id]
		r.bufs[id] = nil
		b.Append(int(written)) // fits: Pop checked it against what was posted
		whole, sane := d.assemble(b)
		if whole == nil {
			if !sane {
				bad++
				if d.State() != netdev.Running {
					break
				}
			}
			continue
		}
		bytes += whole.PacketLen()
		bufs[n] = whole
		n++
	}
	if err := r.q.Err(); err != nil {
		d.fail(&r.counters, err)
	} else if r.q.Free() >= d.cfg.RxSize/4 {
		d.refill()
	}
	if n > 0 {
		r.counters.RxPackets.Add(uint64(n))
		r.counters.RxBytes.Add(uint64(bytes))
	}
	if bad > 0 {
		r.counters.RxErrors.Add(uint64(bad))
	}
	return n
}

// assemble adds a used buffer to the packet it belongs to and returns the packet
// when it is whole. Otherwise it returns nil, with sane telling whether the
// packet merely waits for more buffers or was dropped.
func (d *Device) assemble(b *netdev.Buffer) (whole *netdev.Buffer, sane bool) {
	r := &d.rx
	if r.missing > 0 {
		r.last.SetNext(b)
		r.last = b
	} else if !d.begin(b) {
		b.Free()
		return nil, false
	}
	if r.missing--; r.missing > 0 {
		return nil, true
	}
	whole, r.first, r.last = r.first, nil, nil
	length := whole.PacketLen()
	if length < minPacket || !r.hdr.offload(&whole.Offload, length, d.have) {
		whole.Free()
		return nil, false
	}
	return whole, true
}

// begin reads the header of a packet's first buffer (5.1.6.4).
func (d *Device) begin(b *netdev.Buffer) bool {
	r := &d.rx
	h := b.Pull(headerBytes)
	if h == nil { // the device wrote less than a header
		return false
	}
	r.hdr = decode(h)
	count := 1
	if d.agreed&featMrgRxbuf != 0 {
		count = int(r.hdr.count)
	}
	if count == 0 || count > d.cfg.RxSize {
		d.fail(&r.counters, fmt.Errorf("%w: %d", ErrMerge, count))
		return false
	}
	r.first, r.last, r.missing = b, b, count
	return true
}

package net

import (
	"fmt"

	"yolk/drivers/virtio"
	"yolk/netdev/netbuf"
)

// Numbers of the queues (5.1.2): receive and transmit of pair 0, pair 1 and so
// on, then the control queue, whose place counts all pairs that the device has
// once MQ is agreed on, used or not.
func rxNumber(pair int) int { return 2 * pair }
func txNumber(pair int) int { return 2*pair + 1 }

func (d *Device) controlNumber() int {
	if d.agreed&featMQ == 0 {
		return 2
	}
	return 2 * d.maxPairs
}

// indirectTables is how many long chains can be in flight out of the ring: enough
// for a TCP window of 64 KiB packets.
const indirectTables = 16

// ringMemory is one allocation from virtio.Memory, kept for the next restart.
type ringMemory struct {
	from virtio.Memory
	mem  []byte
	addr uint64
}

// allocate gets n zeroed bytes, the same again if it has them.
func (r *ringMemory) allocate(m virtio.Memory, n, align int) (err error) {
	if len(r.mem) == n {
		clear(r.mem)
		return nil
	}
	r.from = m
	r.mem, r.addr, err = m.Alloc(n, align)
	return err
}

// free returns the memory of each that has some, with the device reset.
func free(memories ...*ringMemory) {
	for _, r := range memories {
		if r.mem != nil {
			r.from.Free(r.mem, r.addr)
		}
		*r = ringMemory{}
	}
}

// makeRing makes queue number n with size descriptors in use and tells the
// device about it. A legacy device dictates the size of its rings; the driver
// then uses a part.
func makeRing[T any](d *Device, r *ringMemory, mem virtio.Memory, n, size, tables int) (virtio.Ring[T], error) {
	c := virtio.RingConfig{Features: d.agreed, Size: size, Tables: tables}
	if d.t.Legacy() {
		c.Size, c.Limit = d.t.MaxQueueSize(n), size
	}
	if err := r.allocate(mem, c.Bytes(), c.Align()); err != nil {
		return nil, fmt.Errorf("virtio-net: ring %d: %w", n, err)
	}
	ring, err := virtio.NewRing[T](c, r.mem, r.addr)
	if err != nil {
		return nil, fmt.Errorf("virtio-net: ring %d: %w", n, err)
	}
	return ring, d.t.SetupQueue(n, c.Size, ring.Addresses())
}

// open makes the queue's ring, also once more after a reset. An old device without
// mergeable buffers wants a descriptor for each header, so its ring, large anyway,
// is used for twice as many.
func (r *rxQueue) open() (err error) {
	size := r.cfg.Size
	r.each = 1
	if r.d.framed && r.d.agreed&featMrgRxbuf == 0 {
		r.each = 2
		size = min(2*size, r.d.t.MaxQueueSize(r.number))
	}
	if r.ring, err = makeRing[*netbuf.Buf](r.d, &r.memory, r.cfg.Memory, r.number, size, 0); err != nil {
		return err
	}
	r.low = max(r.each, size/4)
	r.first, r.last, r.missing = nil, nil, 0
	return nil
}

// open makes the queue's ring, also once more after a reset.
func (t *txQueue) open() (err error) {
	t.low = t.cfg.Size - t.cfg.Size/4
	t.ring, err = makeRing[*netbuf.Buf](t.d, &t.memory, t.cfg.Memory, t.number, t.cfg.Size, indirectTables)
	return err
}

// release takes all buffers back from a device that has been reset.
func (d *Device) release() {
	drop := func(b *netbuf.Buf) { b.Free() }
	for _, r := range d.rx {
		if r.ring != nil {
			r.ring.Abandon(drop)
			r.ring = nil
		}
		if r.first != nil {
			r.first.Free()
			r.first = nil
		}
	}
	for _, t := range d.tx {
		if t.ring != nil {
			t.ring.Abandon(drop)
			t.ring = nil
		}
	}
}

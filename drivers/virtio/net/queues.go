package net

import (
	"fmt"
	"math/bits"

	"yolk/drivers/virtio"
	"yolk/netdev"
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

// size checks a queue size against the device's maximum, or chooses it.
// The device need not have a power of two as its maximum (2.7: the size has to
// be).
func size(n *int, preferred, limit int) error {
	if limit < 2 {
		return fmt.Errorf("%w: missing", virtio.ErrNoQueue)
	}
	if *n == 0 {
		*n = min(preferred, 1<<(bits.Len(uint(limit))-1))
	}
	if *n < 2 || *n > limit || *n&(*n-1) != 0 {
		return fmt.Errorf("%w: size %d, a power of two up to %d wanted", netdev.ErrConfig, *n, limit)
	}
	return nil
}

// ringMemory is one allocation from virtio.Memory, kept for the next restart.
type ringMemory struct {
	mem  []byte
	addr uint64
}

// allocate gets n zeroed bytes, the same again if it has them.
func (r *ringMemory) allocate(m virtio.Memory, n, align int) (err error) {
	if len(r.mem) == n {
		clear(r.mem)
		return nil
	}
	r.mem, r.addr, err = m.Alloc(n, align)
	return err
}

// free returns the memory, with the device reset.
func (r *ringMemory) free(m virtio.Memory) {
	if r.mem != nil {
		m.Free(r.mem, r.addr)
	}
	*r = ringMemory{}
}

// makeRing makes queue number n with size descriptors in use and tells the
// device about it. A legacy device dictates the size of its rings; the driver
// then uses a part.
func makeRing[T any](d *Device, r *ringMemory, n, size, tables int) (virtio.Ring[T], error) {
	c := virtio.RingConfig{Features: d.agreed, Size: size, Tables: tables}
	if d.t.Legacy() {
		c.Size, c.Limit = d.t.MaxQueueSize(n), size
	}
	if err := r.allocate(d.mem, c.Bytes(), c.Align()); err != nil {
		return nil, fmt.Errorf("virtio-net: ring %d: %w", n, err)
	}
	ring, err := virtio.NewRing[T](c, r.mem, r.addr)
	if err != nil {
		return nil, fmt.Errorf("virtio-net: ring %d: %w", n, err)
	}
	return ring, d.t.SetupQueue(n, c.Size, ring.Addresses())
}

// makeQueues makes all queues of a device that has agreed on features.
func (d *Device) makeQueues() (err error) {
	for i, r := range d.rx {
		if r.ring, err = makeRing[*netdev.Buffer](d, &r.memory, rxNumber(i), d.cfg.RxSize, 0); err != nil {
			return err
		}
		r.low = d.cfg.RxSize / 4
		r.first, r.last, r.missing = nil, nil, 0
	}
	for i, t := range d.tx {
		if t.ring, err = makeRing[*netdev.Buffer](d, &t.memory, txNumber(i), d.cfg.TxSize, indirectTables); err != nil {
			return err
		}
		t.low = d.cfg.TxSize / 4
	}
	return d.makeControl()
}

// release takes all buffers back from a device that has been reset.
func (d *Device) release() {
	free := func(b *netdev.Buffer) { b.Free() }
	for _, r := range d.rx {
		if r.ring != nil {
			r.ring.Abandon(free)
			r.ring = nil
		}
		if r.first != nil {
			r.first.Free()
			r.first = nil
		}
	}
	for _, t := range d.tx {
		if t.ring != nil {
			t.ring.Abandon(free)
			t.ring = nil
		}
	}
}

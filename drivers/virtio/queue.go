package virtio

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// What a device can do wrong in the used ring. Each ends the queue: the device
// and the driver no longer agree who owns which buffer.
var (
	ErrUsedIndex = errors.New("virtio: used index ran ahead of the buffers in flight")
	ErrUsedID    = errors.New("virtio: used id outside the descriptor table")
	ErrNotOwned  = errors.New("virtio: used id is not the head of a chain in flight")
	ErrUsedLen   = errors.New("virtio: used length exceeds the buffer posted")
)

// ErrRing is returned for ring memory or sizes that cannot be.
var ErrRing = errors.New("virtio: bad ring size or memory")

// MaxSize is the largest split virtqueue (2.7).
const MaxSize = 32768

// Flag bits of the two rings (2.7.6, 2.7.8).
const (
	availNoInterrupt = 1 // VIRTQ_AVAIL_F_NO_INTERRUPT
	usedNoNotify     = 1 // VIRTQ_USED_F_NO_NOTIFY
)

// Segment is one piece of memory of a chain.
type Segment struct {
	Addr  uint64
	Len   uint32
	Write bool // the device writes it; all such come after the others (2.7.4.2)
}

// slot is the driver's own record of a descriptor; the device cannot reach it.
type slot struct {
	writable uint32 // head in flight: bytes the device may write
	next     uint16 // next of the chain, or of the free list
	tail     uint16 // head in flight: last of the chain
	count    uint16 // head in flight: descriptors of the chain; else 0
}

// Queue is a split virtqueue (2.7) over plain memory. It knows ids, not buffers:
// a driver keeps an array of what it posted, indexed by the id that Add returned
// and Pop gives back.
//
// Adding and popping may be mixed freely but by one goroutine at a time. The
// device works on the shared memory at the same time; it learns of additions by
// Publish, once for a batch.
type Queue struct {
	ring
	shadow []slot
	mask   uint16

	free     uint16 // head of the free list, valid while numFree > 0
	numFree  uint16
	inFlight uint16 // chains the device has

	availIdx  uint16 // next place in the available ring; not yet published
	published uint16 // what the device has been told
	lastUsed  uint16 // next used entry to look at
	seenUsed  uint16 // used index as last read and found plausible

	eventIdx bool
	err      error
	base     uint64 // device address of the ring memory
}

// NewQueue makes a queue of size descriptors, a power of two, in mem, which has
// RingBytes(size) zeroed bytes, aligned to RingAlign, known to the device as
// addr. eventIdx says that VIRTIO_F_EVENT_IDX was agreed on.
func NewQueue(size int, mem []byte, addr uint64, eventIdx bool) (*Queue, error) {
	if size < 2 || size > MaxSize || size&(size-1) != 0 {
		return nil, fmt.Errorf("%w: size %d", ErrRing, size)
	}
	if len(mem) < RingBytes(size) || !aligned(mem, 16) || addr%16 != 0 {
		return nil, fmt.Errorf("%w: %d bytes at %#x for size %d", ErrRing, len(mem), addr, size)
	}
	q := &Queue{
		ring:     layRing(mem, size),
		shadow:   make([]slot, size),
		mask:     uint16(size - 1),
		numFree:  uint16(size),
		eventIdx: eventIdx,
		base:     addr,
	}
	for i := range q.shadow {
		q.shadow[i].next = uint16(i + 1)
	}
	return q, nil
}

// Addresses returns where the device finds the parts.
func (q *Queue) Addresses() QueueAddresses {
	n := q.Size()
	return QueueAddresses{q.base, q.base + uint64(availOffset(n)), q.base + uint64(usedOffset(n))}
}

// Size is the number of descriptors, Free how many are unused, InFlight the
// number of chains the device has.
func (q *Queue) Size() int     { return len(q.shadow) }
func (q *Queue) Free() int     { return int(q.numFree) }
func (q *Queue) InFlight() int { return int(q.inFlight) }

// Err is nil until the device breaks the rules, then one of the errors above,
// wrapped with the numbers. A queue with an error adds and pops nothing.
func (q *Queue) Err() error { return q.err }

// Add makes a chain of segs available to the device with the next Publish and
// returns its id. It returns false, and does nothing, when there are too few
// descriptors, no segments, or the queue has failed. segs is not kept.
func (q *Queue) Add(segs []Segment) (id uint16, ok bool) {
	if len(segs) == 0 || len(segs) > int(q.numFree) || q.err != nil {
		return 0, false
	}
	head := q.free
	var writable uint32
	i := head
	for k := range segs {
		s := &segs[k]
		d := &q.desc[i]
		d.addr, d.len, d.flags, d.next = s.Addr, s.Len, 0, 0
		if s.Write {
			d.flags = descWrite
			writable += s.Len
		}
		if k == len(segs)-1 {
			break
		}
		d.flags |= descNext
		d.next = q.shadow[i].next
		i = d.next
	}
	q.commit(head, i, uint16(len(segs)), writable)
	return head, true
}

// AddOne is Add for a single segment: the common case, without the loop.
func (q *Queue) AddOne(addr uint64, n uint32, write bool) (id uint16, ok bool) {
	if q.numFree == 0 || q.err != nil {
		return 0, false
	}
	head := q.free
	d := &q.desc[head]
	d.addr, d.len, d.next = addr, n, 0
	if write {
		d.flags = descWrite
		q.commit(head, head, 1, n)
	} else {
		d.flags = 0
		q.commit(head, head, 1, 0)
	}
	return head, true
}

// NextID is the id that the next Add will return, valid while Free is not 0.
func (q *Queue) NextID() uint16 { return q.free }

// commit records the chain from head to tail and enters it in the available
// ring. Plain stores: the device does not look there before Publish.
func (q *Queue) commit(head, tail, count uint16, writable uint32) {
	s := &q.shadow[head]
	q.free = q.shadow[tail].next
	q.numFree -= count
	s.writable, s.tail, s.count = writable, tail, count
	q.availRing[q.availIdx&q.mask] = head
	q.availIdx++
	q.inFlight++
}

// Publish shows the device all chains added since the last Publish, with one
// store, and reports whether it wants to be notified. The caller then rings the
// doorbell.
func (q *Queue) Publish() (notify bool) {
	if q.availIdx == q.published {
		return false
	}
	old := q.published
	q.published = q.availIdx
	// Release: descriptors and ring entries become visible before the index
	// that covers them (2.7.13.3, "suitable memory barrier").
	//
	// The load that follows must not be done before this store is visible
	// (2.7.13.4.1): the device does the reverse, writes its event field and then
	// reads the index, and at least one side must see the other's write, else
	// a notification is lost for good. Go's atomics are sequentially consistent,
	// which is just that: XCHG on amd64; on arm64 STLR followed by LDAR.
	atomic.StoreUint32(q.avail, uint32(q.published)<<16|q.availFlags())
	if q.eventIdx {
		return crossed(uint16(atomic.LoadUint32(q.availEvent)), q.published, old)
	}
	return atomic.LoadUint32(q.used)&usedNoNotify == 0
}

// crossed reports whether the index, in going from before to now, passed event
// (2.7.10: the "vring_need_event" condition, modulo 2^16).
func crossed(event, now, before uint16) bool {
	return now-event-1 < now-before
}

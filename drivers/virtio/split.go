package virtio

import (
	"sync/atomic"

	"yolk/kernel/abi/assert"
)

// Flag bits of the two parts of a split ring (2.7.6, 2.7.8).
const (
	availNoInterrupt = 1 // VIRTQ_AVAIL_F_NO_INTERRUPT
	usedNoNotify     = 1 // VIRTQ_USED_F_NO_NOTIFY
)

// split is a split virtqueue. A buffer's id is the number of its (first)
// descriptor.
type split[T any] struct {
	splitMemory
	book[T]

	availIdx  uint16 // next place in the available ring; not yet published
	published uint16 // what the device has been told
	lastUsed  uint16 // next used entry to look at
	legacy    bool
}

func newSplit[T any](c RingConfig, mem []byte, addr uint64) *split[T] {
	q := &split[T]{splitMemory: laySplit(mem, c.Size, c.legacy()), legacy: c.legacy()}
	q.open(c, mem, addr)
	return q
}

// Addresses implements Ring.
func (q *split[T]) Addresses() QueueAddresses {
	n := len(q.desc)
	return QueueAddresses{q.base, q.base + uint64(availOffset(n)), q.base + uint64(usedOffset(n, q.legacy))}
}

// Add implements Ring.
func (q *split[T]) Add(segs []Segment, tokens []T) int {
	n := min(len(segs), len(tokens), q.numFree)
	if n <= 0 || q.err != nil {
		return 0
	}
	for done := 0; done < n; {
		ring := q.availRing[int(q.availIdx)&(len(q.availRing)-1):]
		k := min(n-done, len(ring))
		addSplit(q.entries, q.desc, ring[:k], segs[done:n], tokens[done:n], q.takeIDs(k))
		q.availIdx += uint16(k)
		done += k
	}
	q.settle(-n)
	return n
}

// AddOne implements Ring.
func (q *split[T]) AddOne(s Segment, token T) bool {
	if q.numFree == 0 || q.err != nil {
		return false
	}
	id := q.takeID()
	q.availRing[int(q.availIdx)&(len(q.availRing)-1)] = id
	q.availIdx++
	q.desc[id] = s
	e := &q.entries[id]
	e.token, e.state = token, newState(s.writable(), 1, 0)
	q.settle(-1)
	return true
}

// addSplit enters as many buffers as ring is long, under ids. It is a function of
// its own, and lean, so that the loop's variables have a register each. No index
// is checked in the loop: entries and desc have the same length, a power of two
// that masks the ids.
func addSplit[T any](entries []entry[T], desc []Segment, ring []uint16, segs []Segment, tokens []T, ids []uint16) {
	size := len(entries)
	if size == 0 {
		return
	}
	desc, segs, tokens, ids = desc[:size], segs[:len(ring)], tokens[:len(ring)], ids[:len(ring)]
	for i := range ring {
		id := ids[i]
		at := int(id) & (size - 1)
		// Plain stores: the device does not look here before Publish.
		ring[i] = id
		s := segs[i]
		desc[at] = s
		e := &entries[at]
		e.token = tokens[i]
		e.state = newState(s.writable(), 1, 0)
	}
}

// AddChain implements Ring.
func (q *split[T]) AddChain(segs []Segment, token T) bool {
	n := len(segs)
	if n == 0 || q.err != nil {
		return false
	}
	if q.indirect.wanted(n) && q.numFree > 0 {
		table := q.indirect.take()
		chain(q.indirect.splitTable(table), segs)
		one := q.indirect.segment(table, n)
		q.link([]Segment{one}, token, newState(writable(segs), indirectCount, table))
		return true
	}
	if n > q.numFree || n >= indirectCount {
		return false
	}
	q.link(segs, token, newState(writable(segs), uint16(n), 0))
	return true
}

// chain writes segs as consecutive entries of an indirect table.
func chain(table, segs []Segment) {
	for i, s := range segs {
		if i < len(segs)-1 {
			s = s.chained(uint16(i + 1))
		}
		table[i] = s
	}
}

// link writes segs as a chain in the table, under ids that it takes, and makes
// it available. The links of its ids go along the chain, except where state says
// that it has none.
func (q *split[T]) link(segs []Segment, token T, st state) {
	head := q.takeID()
	id := head
	for i, s := range segs {
		next := uint16(0)
		if i < len(segs)-1 {
			next = q.takeID()
			s = s.chained(next)
			if i == 0 {
				st |= newState(0, 0, next)
			} else {
				q.entries[id].state = newState(0, 0, next)
			}
		}
		q.desc[id] = s
		id = next
	}
	e := &q.entries[head]
	e.token, e.state = token, st
	q.availRing[int(q.availIdx)&(len(q.availRing)-1)] = head
	q.availIdx++
	q.numFree -= len(segs)
	q.inFlight++
}

// Publish implements Ring.
func (q *split[T]) Publish() (notify bool) {
	if assert.On && q.err == nil {
		q.check()
	}
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

// availFlags returns the flags that Publish must preserve. Only the driver
// writes the word.
func (q *split[T]) availFlags() uint32 { return *q.avail & availNoInterrupt }

// check asserts what the ring is between two calls: whatever the device has written, the
// driver's own books agree.
func (q *split[T]) check() {
	q.book.check()
	assert.That(q.top == q.numFree) // each descriptor has an id
	assert.That(int(q.availIdx-q.lastUsed) == q.inFlight)
	assert.That(int(q.availIdx-q.published) <= q.inFlight)
}

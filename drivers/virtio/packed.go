package virtio

import (
	"sync/atomic"

	"yolk/kernel/abi/assert"
)

// Bits of a packed descriptor's flags, as they stand in its word (2.8.1): a
// descriptor is available when AVAIL equals the lap's wrap counter and USED does
// not, used when both equal it.
const (
	packedAvail = 1 << (7 + 16)
	packedUsed  = 1 << (15 + 16)
	packedBoth  = packedAvail | packedUsed
)

// Values of an event structure's flags, in its upper half (2.8.14).
const (
	eventEnable  = 0 << 16 // RING_EVENT_FLAGS_ENABLE
	eventDisable = 1 << 16 // RING_EVENT_FLAGS_DISABLE
	eventDesc    = 2 << 16 // RING_EVENT_FLAGS_DESC: at the position in off_wrap
	eventMask    = 3 << 16
	eventWrap    = 1 << 15 // of off_wrap: the wrap counter
)

// packed is a packed virtqueue. Positions count from 0 for ever; masked by the
// size they are places in the ring, and the bit above tells the lap, hence the
// wrap counter: 1 in even laps (2.8.1).
//
// The batch since the last Publish is already in the ring, except for the word
// of its first descriptor: until that is stored the device, which goes by
// position, sees none of it.
type packed[T any] struct {
	packedMemory
	book[T]

	next      uint32 // position of the next descriptor to write
	published uint32 // where the batch starts
	first     uint32 // word of the descriptor there, held back
	lastUsed  uint32 // position where the device's next answer will be
}

func newPacked[T any](c RingConfig, mem []byte, addr uint64) *packed[T] {
	q := &packed[T]{packedMemory: layPacked(mem, c.Size)}
	q.open(c, mem, addr)
	return q
}

// Addresses implements Ring.
func (q *packed[T]) Addresses() QueueAddresses {
	n := len(q.desc)
	return QueueAddresses{q.base, q.base + uint64(driverEventOffset(n)), q.base + uint64(deviceEventOffset(n))}
}

// lap returns the flags that make the descriptor at a position available; its
// complement in packedBoth tells that it is not. The used ones are 0 or both.
func (q *packed[T]) lap(position uint32) uint32 {
	if position&uint32(len(q.desc)) == 0 {
		return packedAvail
	}
	return packedUsed
}

// Add implements Ring.
func (q *packed[T]) Add(segs []Segment, tokens []T) int {
	n := min(len(segs), len(tokens), q.numFree)
	if n <= 0 || q.err != nil {
		return 0
	}
	done := 0
	if q.next == q.published {
		q.put(segs[:1], tokens[0], newState(segs[0].writable(), 1, 0))
		done = 1
	}
	q.settle(done - n)
	for done < n {
		desc := q.desc[int(q.next)&(len(q.desc)-1):]
		k := min(n-done, len(desc))
		addPacked(q.entries, desc[:k], segs[done:n], tokens[done:n], q.takeIDs(k), q.lap(q.next))
		q.next += uint32(k)
		done += k
	}
	return n
}

// addPacked enters as many buffers as desc is long, which does not start a batch,
// under ids. Lean and without index checks for the reasons of addSplit.
func addPacked[T any](entries []entry[T], desc []packedDesc, segs []Segment, tokens []T, ids []uint16, lap uint32) {
	size := len(entries)
	if size == 0 {
		return
	}
	segs, tokens, ids = segs[:len(desc)], tokens[:len(desc)], ids[:len(desc)]
	for i := range desc {
		s := segs[i]
		id := ids[i]
		d := &desc[i]
		d.addr = s.addr
		both := uint64(s.size()) | uint64(uint32(id)|uint32(s.flags())<<16|lap)<<32
		d.len, d.word = uint32(both), uint32(both>>32) // one store
		e := &entries[int(id)&(size-1)]
		e.token = tokens[i]
		e.state = newState(s.writable(), 1, 0)
	}
}

// AddOne implements Ring.
func (q *packed[T]) AddOne(s Segment, token T) bool {
	return q.Add([]Segment{s}, []T{token}) == 1
}

// AddChain implements Ring. All descriptors of a chain carry its id.
func (q *packed[T]) AddChain(segs []Segment, token T) bool {
	n := len(segs)
	if n == 0 || q.err != nil {
		return false
	}
	if q.indirect.wanted(n) && q.numFree > 0 {
		table := q.indirect.take()
		// No next fields: the entries of the table follow each other (2.8.7).
		for i, d := 0, q.indirect.packedTable(table); i < n; i++ {
			d[i] = packedDesc{segs[i].addr, segs[i].size(), uint32(segs[i].flags()) << 16}
		}
		q.put([]Segment{q.indirect.segment(table, n)}, token, newState(writable(segs), indirectCount, table))
		return true
	}
	if n > q.numFree || n >= indirectCount {
		return false
	}
	q.put(segs, token, newState(writable(segs), uint16(n), 0))
	return true
}

// put writes segs to the ring as one buffer.
func (q *packed[T]) put(segs []Segment, token T, st state) {
	id := q.takeID()
	for i, s := range segs {
		if i < len(segs)-1 {
			s = s.chained(0)
		}
		d := &q.desc[int(q.next)&(len(q.desc)-1)]
		d.addr, d.len = s.addr, s.size()
		if word := uint32(id) | uint32(s.flags())<<16 | q.lap(q.next); q.next == q.published {
			q.first = word
		} else {
			d.word = word
		}
		q.next++
	}
	e := &q.entries[id]
	e.token, e.state = token, st
	q.numFree -= len(segs)
	q.inFlight++
}

// Publish implements Ring.
func (q *packed[T]) Publish() (notify bool) {
	if assert.On && q.err == nil {
		q.check()
	}
	if q.next == q.published {
		return false
	}
	old := q.published
	q.published = q.next
	// Release: the batch becomes visible before the word that starts it
	// (2.8.21.1). And the device's event structure is read after that, or a
	// notification could be lost: see split.Publish.
	atomic.StoreUint32(&q.desc[int(old)&(len(q.desc)-1)].word, q.first)
	event := atomic.LoadUint32(q.deviceEvent)
	switch event & eventMask {
	case eventEnable:
		return true
	case eventDesc:
		// off_wrap names a position by place and wrap counter. It is one of
		// the ring before or in the batch; the device gets a notification if
		// the batch covers it (2.8.14).
		return crossedPacked(event, q.next, old, uint32(len(q.desc)))
	}
	return false
}

// crossedPacked reports whether positions before to now-1 include the place and
// lap that the event structure names. A place off the ring is in no batch.
func crossedPacked(event, now, before, size uint32) bool {
	place := event & (eventWrap - 1)
	if place >= size {
		return false
	}
	if event&eventWrap == 0 {
		place += size // an odd lap
	}
	// Both as positions modulo two laps.
	return (place-before)&(2*size-1) < now-before
}

// check asserts what the ring is between two calls: whatever the device has written, the
// driver's own books agree.
func (q *packed[T]) check() {
	q.book.check()
	assert.That(q.limit-q.top == q.inFlight) // each buffer has an id
	assert.That(int(q.next-q.lastUsed) == q.limit-q.numFree)
	assert.That(q.next-q.published <= q.next-q.lastUsed)
}

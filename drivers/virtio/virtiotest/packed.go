package virtiotest

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
)

// packed is the device's side of a packed ring (VIRTIO 1.2, 2.8).
type packed struct {
	*Queue
	eventIdx bool

	next     int // place to look for the next buffer, in lap nextWrap
	nextWrap bool
	used     int // place for the next answer, in lap usedWrap
	usedWrap bool

	counts  map[uint32]int // descriptors of each buffer popped, by id
	pending []answer       // pushed, not published
}

// answer is a used descriptor to be written.
type answer struct {
	place       int
	wrap        bool
	id, written uint32
	places      int
}

func newPacked(q *Queue, eventIdx bool) *packed {
	return &packed{Queue: q, eventIdx: eventIdx, nextWrap: true, usedWrap: true, counts: map[uint32]int{}}
}

// place returns the address of a place.
func (q *packed) place(i int) uint64 { return q.at.Descriptors + 16*uint64(i) }

// Bits of flags.
const (
	availBit = 1 << 7
	usedBit  = 1 << 15
)

// marks are the two bits of flags for a wrap counter; used ones have them equal.
func marks(wrap, used bool) (f uint16) {
	if wrap {
		f |= availBit
	}
	if wrap == used {
		f |= usedBit
	}
	return f
}

// advance moves a place on, to the next lap at the end.
func (q *packed) advance(place *int, wrap *bool, n int) {
	if *place += n; *place >= q.size {
		*place -= q.size
		*wrap = !*wrap
	}
}

func (q *packed) available() int {
	flags := uint16(atomic.LoadUint32(q.mem.word(q.place(q.next)+12)) >> 16)
	if flags&(availBit|usedBit) == marks(q.nextWrap, false) {
		return 1
	}
	return 0
}

func (q *packed) pop(c *Chain) {
	n := 0
	for {
		d := readPacked(q.mem.At(q.place(q.next), 16))
		if d.flags&(availBit|usedBit) != marks(q.nextWrap, false) || n == q.size {
			panic(fmt.Sprintf("virtiotest: chain goes on at %d, flags %#x", q.next, d.flags))
		}
		q.take(c, d, readPacked, false)
		q.advance(&q.next, &q.nextWrap, 1)
		n++
		if d.flags&1 == 0 {
			c.Head = d.id
			break
		}
	}
	if _, twice := q.counts[uint32(c.Head)]; twice {
		panic(fmt.Sprintf("virtiotest: id %d made available twice", c.Head))
	}
	q.counts[uint32(c.Head)] = n
}

func (q *packed) push(id, written uint32) {
	n := max(1, q.counts[id])
	delete(q.counts, id)
	q.pending = append(q.pending, answer{q.used, q.usedWrap, id, written, n})
	q.advance(&q.used, &q.usedWrap, n)
}

// publish writes the answers, the first one's flags last (2.8.21.2), and follows
// 2.8.14.
func (q *packed) publish() (interrupt bool) {
	if len(q.pending) == 0 {
		return false
	}
	for i := len(q.pending) - 1; i >= 0; i-- {
		a := q.pending[i]
		at := q.mem.At(q.place(a.place), 16)
		binary.LittleEndian.PutUint32(at[8:], a.written)
		q.poke(a.place, a.id&0xffff|uint32(marks(a.wrap, true))<<16)
	}
	first, total := q.pending[0], 0
	for _, a := range q.pending {
		total += a.places
	}
	q.pending = q.pending[:0]
	event := atomic.LoadUint32(q.mem.word(q.at.Driver))
	switch event >> 16 & 3 {
	case 0:
		return true
	case 2:
		place, wrap := int(event&0x7fff), event&0x8000 != 0
		for range total {
			if first.place == place && first.wrap == wrap {
				return true
			}
			q.advance(&first.place, &first.wrap, 1)
		}
	}
	return false
}

// poke stores the word of a descriptor.
func (q *packed) poke(place int, word uint32) {
	atomic.StoreUint32(q.mem.word(q.place(place)+12), word)
}

func (q *packed) enableKick() {
	event := uint32(0)
	if q.eventIdx {
		event = 2<<16 | uint32(q.next)
		if q.nextWrap {
			event |= 0x8000
		}
	}
	atomic.StoreUint32(q.mem.word(q.at.Device), event)
}

func (q *packed) disableKick() { atomic.StoreUint32(q.mem.word(q.at.Device), 1<<16) }

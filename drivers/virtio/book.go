package virtio

import (
	"fmt"

	"yolk/kernel/abi/assert"
)

// entry is the driver's own record of a buffer id; the device cannot reach it.
// 16 bytes with a pointer as token, so a burst of 4 shares a cache line.
type entry[T any] struct {
	token T
	state
}

// state of a buffer: the bytes that the device may write u32, the descriptors it
// takes u16 (0 when not in flight), and a link u16: of an indirect buffer its
// table, in a split ring the next id of its chain. One word, as for Segment.
type state uint64

func newState(writable uint32, count, link uint16) state {
	return state(writable) | state(count)<<32 | state(link)<<48
}

func (s state) writable() uint32 { return uint32(s) }
func (s state) count() uint16    { return uint16(s >> 32) }
func (s state) link() uint16     { return uint16(s >> 48) }

// single reports whether a buffer of one descriptor may come back with n bytes.
func (s state) single(n uint32) bool { return uint16(s>>32) == 1 && n <= uint32(s) }

// indirectCount is the count of a buffer whose one descriptor points at an
// indirect table.
const indirectCount = 0xffff

// book is what both layouts keep in private memory. Ids run below the limit;
// entries has the ring's size, a power of two, so that masking an id makes it an
// index and one comparison tells whether it was one.
//
// The ids freed last are taken first: their records and descriptors are still in
// the caches of both sides. They are a stack in an array and not a list through
// the records, where finding one id would have to wait for the one before.
type book[T any] struct {
	entries  []entry[T]
	ids      []uint16 // the first top are free; of twice the ring's size, see spare
	top      int
	numFree  int // descriptors
	inFlight int // buffers
	limit    int
	eventIdx bool
	err      error
	base     uint64 // device address of the ring's memory

	indirect tables
}

// open sets up the records for a new ring.
func (b *book[T]) open(c RingConfig, mem []byte, addr uint64) {
	b.entries = make([]entry[T], c.Size)
	b.ids = make([]uint16, 2*c.Size)
	b.limit = c.limit()
	b.numFree, b.top = b.limit, b.limit
	for i := range b.limit {
		b.ids[i] = uint16(b.limit - 1 - i)
	}
	b.eventIdx, b.base = c.eventIdx(), addr
	start := c.ringBytes()
	b.indirect.open(c.tables(), mem[start:], addr+uint64(start))
}

// Size implements Ring.
func (b *book[T]) Size() int { return b.limit }

// Free implements Ring.
func (b *book[T]) Free() int { return b.numFree }

// InFlight implements Ring.
func (b *book[T]) InFlight() int { return b.inFlight }

// Err implements Ring.
func (b *book[T]) Err() error { return b.err }

// takeID takes a free id; the caller knows that there is one.
func (b *book[T]) takeID() uint16 {
	b.top--
	return b.ids[b.top]
}

// giveID makes an id free.
func (b *book[T]) giveID(id uint16) {
	b.entries[id].state = 0
	b.ids[b.top] = id
	b.top++
}

// takeIDs takes n free ids; the caller knows that there are as many. They stay
// readable until the next call of one of these methods.
func (b *book[T]) takeIDs(n int) []uint16 {
	b.top -= n
	return b.ids[b.top : b.top+n]
}

// spare is where to write ids that become free, before counting them in top:
// room for a ring's worth, whatever the device answers.
func (b *book[T]) spare() []uint16 { return b.ids[b.top:] }

// settle counts n buffers of one descriptor each as back, or with n negative as
// gone.
func (b *book[T]) settle(n int) {
	b.inFlight -= n
	b.numFree += n
}

// writable sums what the device may write of a chain.
func writable(segs []Segment) (n uint32) {
	for _, s := range segs {
		n += s.writable()
	}
	return n
}

// plausible returns the bytes written to a buffer as the driver may believe it.
// A buffer with nothing to write ought to come back with length 0, but there the
// number means nothing and devices are known to be careless.
func plausible(n, writable uint32) (uint32, bool) {
	if n <= writable {
		return n, true
	}
	return 0, writable == 0
}

// check asserts that neither an id nor a descriptor is lost, or there twice.
func (b *book[T]) check() {
	assert.That(b.numFree >= 0 && b.numFree <= b.top && b.top <= b.limit)
	assert.That(b.inFlight >= 0 && b.inFlight <= b.limit-b.numFree)
}

// fail stops the ring.
func (b *book[T]) fail(cause error, got uint32, position int) {
	b.err = fmt.Errorf("%w: got %d, ring of %d, %d buffers in flight, position %d",
		cause, got, len(b.entries), b.inFlight, position)
}

// Abandon implements Ring.
func (b *book[T]) Abandon(f func(token T)) {
	for i := range b.entries {
		if e := &b.entries[i]; e.count() != 0 {
			token := e.token
			*e = entry[T]{}
			f(token)
		}
	}
	b.inFlight = 0
	if b.err == nil {
		b.err = fmt.Errorf("%w: abandoned", ErrRing)
	}
}

package pool

import (
	"sync/atomic"

	"yolk/kernel/alloc"
)

// The head of a Shared: a tag above the 1-based index of the first free object.
const (
	indexBits = 24
	indexMask = 1<<indexBits - 1
	tagOne    = 1 << indexBits
)

// A Shared is a pool for concurrent use, from goroutines, kernel context and
// interrupt handlers of all CPUs. The zero value is an empty pool. A Shared
// must not be copied.
//
// The free list is a stack popped and pushed by compare-and-swap on the head
// (Treiber, Systems programming: coping with parallelism, IBM RJ 5118). The
// head's tag counts objects popped: a chain that was read from the head can
// only have changed if something was popped since, and then the tag has moved
// on and the swap fails. The tag has 40 bits, so that it comes round only after
// 2^40 pops between one caller's load and swap.
type Shared struct {
	slots
	head     atomic.Uint64
	allocs   atomic.Uint64 // counted after the pop, frees before the push:
	frees    atomic.Uint64 // allocs - frees never exceeds count
	peak     atomic.Int64
	failures atomic.Uint64
	badFrees atomic.Uint64
}

// Init divides memory as Pool.Init does. It must be done before s is shared.
func (s *Shared) Init(addr, size, object, align uintptr) alloc.Code {
	*s = Shared{}
	code := s.divide(addr, size, object, align)
	if code == alloc.OK {
		s.head.Store(1)
	}
	return code
}

// Get takes an object. The caller owns its bytes until Put.
func (s *Shared) Get() (addr uintptr, ok bool) {
	var one [1]uintptr
	n := s.GetBurst(one[:])
	return one[0], n == 1
}

// GetBurst fills addrs with objects and returns how many there were: fewer than
// asked only when the pool ran dry. Coming out empty-handed counts as one
// failure.
func (s *Shared) GetBurst(addrs []uintptr) int {
	if len(addrs) == 0 {
		return 0
	}
	n := s.pop(addrs)
	if n == 0 {
		s.failures.Add(1)
		return 0
	}
	for _, addr := range addrs[:n] {
		i, _ := s.index(addr)
		// The objects are ours alone: nothing reads these links before Put but
		// a pop that lost the race for them, and its swap fails.
		s.storeLink(i, linkTaken)
	}
	s.took(n)
	return n
}

// took counts n objects taken. Puts of other CPUs between the two counters
// make the difference too small, even negative, never too large.
func (s *Shared) took(n int) {
	used := int64(s.allocs.Add(uint64(n)) - s.frees.Load())
	for peak := s.peak.Load(); used > peak; peak = s.peak.Load() {
		if s.peak.CompareAndSwap(peak, used) {
			return
		}
	}
}

// pop takes up to len(addrs) objects off the stack with one swap.
func (s *Shared) pop(addrs []uintptr) int {
	for {
		head := s.head.Load()
		i, n := uint32(head&indexMask), 0
		for n < len(addrs) && i != linkEnd && i <= s.count {
			addrs[n] = s.object(i)
			n++
			i = s.loadLink(i)
		}
		if i > s.count {
			continue // linkTaken or linkPut: another pop took the chain from us
		}
		if n == 0 {
			return 0
		}
		next := head&^indexMask + uint64(n)*tagOne | uint64(i)
		if s.head.CompareAndSwap(head, next) {
			return n
		}
	}
}

// Put gives an object back, from any CPU. The codes are those of Pool.Put; of
// two concurrent puts of one object one is refused.
func (s *Shared) Put(addr uintptr) alloc.Code {
	one := [1]uintptr{addr}
	_, code := s.PutBurst(one[:])
	return code
}

// PutBurst gives objects back and stops at the first that is refused: n were
// taken and code says what is wrong with addrs[n].
func (s *Shared) PutBurst(addrs []uintptr) (n int, code alloc.Code) {
	var first, last uint32
	for _, addr := range addrs {
		var i uint32
		if i, code = s.claim(addr); code != alloc.OK {
			s.badFrees.Add(1)
			break
		}
		if n == 0 {
			last = i // the chain grows in front of its first member
		} else {
			s.storeLink(i, first)
		}
		first = i
		n++
	}
	if n > 0 {
		s.frees.Add(uint64(n))
		s.push(first, last)
	}
	return n, code
}

// claim makes the object at addr the caller's to push; the swap lets only one
// of two concurrent puts have it.
func (s *Shared) claim(addr uintptr) (uint32, alloc.Code) {
	i, code := s.index(addr)
	if code == alloc.OK && !s.swapLink(i, linkTaken, linkPut) {
		code = alloc.ErrFreed
	}
	return i, code
}

// push puts the chain of links from first to last on the stack. The links are
// visible before the head that leads to them: both are atomic stores.
func (s *Shared) push(first, last uint32) {
	for {
		head := s.head.Load()
		s.storeLink(last, uint32(head&indexMask))
		if s.head.CompareAndSwap(head, head&^indexMask|uint64(first)) {
			return
		}
	}
}

// Alloc is Get for callers of alloc.Allocator; a size or an alignment beyond
// the pool's is refused.
func (s *Shared) Alloc(size, align uintptr) (addr uintptr, ok bool) {
	if !s.fits(size, align) {
		s.failures.Add(1)
		return 0, false
	}
	return s.Get()
}

// Free is Put for callers of alloc.Allocator; size must not exceed the pool's.
func (s *Shared) Free(addr, size uintptr) alloc.Code {
	if size > s.size {
		s.badFrees.Add(1)
		return alloc.ErrSize
	}
	return s.Put(addr)
}

// Len returns the number of objects, free or not.
func (s *Shared) Len() int { return int(s.count) }

// Stats returns the counters. Each is exact, but they are read one after the
// other while the pool may be in use; Peak may miss moments when several CPUs
// were in Get.
func (s *Shared) Stats() alloc.Stats {
	frees := s.frees.Load() // before allocs: the difference stays positive
	allocs := s.allocs.Load()
	used := min(allocs-frees, uint64(s.count))
	return s.counts(alloc.Stats{
		Allocs:   allocs,
		Frees:    frees,
		Failures: s.failures.Load(),
		BadFrees: s.badFrees.Load(),
	}, used, uint64(s.peak.Load()))
}

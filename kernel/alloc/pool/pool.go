// Package pool hands out objects of one size from a stretch of memory that its
// caller owns: packet buffers, descriptors, control blocks. Getting and putting
// are O(1), objects are aligned as asked, and 4 bytes an object is all it costs.
//
// Three forms over the same layout:
//
//	Pool    for one owner: a queue, a CPU, or whoever holds a lock
//	Shared  for any number of CPUs and interrupt handlers: lock-free
//	Bytes   a Shared over a []byte, for goroutines: objects are []byte
//
// To share cheaply, move objects in bursts: an owner that keeps a short stack of
// its own and refills it with Shared.GetBurst pays one compare-and-swap for
// many packets.
//
// Pool and Shared are kernel-context code (see package alloc) and implement
// alloc.Allocator. They hold addresses, not pointers: the memory must be outside
// the Go heap, or be kept alive and off the stack by the caller, as Bytes does.
// A put is checked: a stray address or a double free is refused with a code.
//
// It may import kernel/alloc only.
package pool

import "yolk/kernel/alloc"

// A Pool is a free list of objects for one owner; it is not safe for
// concurrent use. The zero value is an empty pool. A Pool must not be copied.
type Pool struct {
	slots
	head  uint32 // 1-based index of the first free object
	used  uint32
	peak  uint32
	stats alloc.Stats // only the counts of calls
}

// Init divides size bytes at addr into objects of object bytes, each aligned to
// align (a power of two, at least 8; 0 asks for 8). The pool owns the memory
// from now on. alloc.ErrRange says that not one object fits.
func (p *Pool) Init(addr, size, object, align uintptr) alloc.Code {
	*p = Pool{}
	code := p.divide(addr, size, object, align)
	if code == alloc.OK {
		p.head = 1
	}
	return code
}

// Get takes an object. The caller owns its bytes until Put; their contents are
// what the last owner left.
func (p *Pool) Get() (addr uintptr, ok bool) {
	i := p.head
	if i == linkEnd {
		p.stats.Failures++
		return 0, false
	}
	p.head = p.link(i)
	p.setLink(i, linkTaken)
	p.used++
	p.peak = max(p.peak, p.used)
	p.stats.Allocs++
	return p.object(i), true
}

// GetBurst fills addrs with objects and returns how many there were. Coming out
// empty-handed counts as one failure.
func (p *Pool) GetBurst(addrs []uintptr) int {
	for n := range addrs {
		if p.head == linkEnd && n > 0 {
			return n
		}
		addr, ok := p.Get()
		if !ok {
			return n
		}
		addrs[n] = addr
	}
	return len(addrs)
}

// Put gives an object back. alloc.ErrUnknown, ErrUnaligned and ErrFreed refuse
// an address that Get did not return or that was put already.
func (p *Pool) Put(addr uintptr) alloc.Code {
	i, code := p.index(addr)
	if code == alloc.OK && p.link(i) != linkTaken {
		code = alloc.ErrFreed
	}
	if code != alloc.OK {
		p.stats.BadFrees++
		return code
	}
	p.setLink(i, p.head)
	p.head = i
	p.used--
	p.stats.Frees++
	return alloc.OK
}

// PutBurst gives objects back in order and stops at the first that is refused:
// n were taken and code says what is wrong with addrs[n].
func (p *Pool) PutBurst(addrs []uintptr) (n int, code alloc.Code) {
	for n, addr := range addrs {
		if code := p.Put(addr); code != alloc.OK {
			return n, code
		}
	}
	return len(addrs), alloc.OK
}

// Alloc is Get for callers of alloc.Allocator; a size or an alignment beyond
// the pool's is refused.
func (p *Pool) Alloc(size, align uintptr) (addr uintptr, ok bool) {
	if !p.fits(size, align) {
		p.stats.Failures++
		return 0, false
	}
	return p.Get()
}

// Free is Put for callers of alloc.Allocator; size must not exceed the pool's.
func (p *Pool) Free(addr, size uintptr) alloc.Code {
	if size > p.size {
		p.stats.BadFrees++
		return alloc.ErrSize
	}
	return p.Put(addr)
}

// Len returns the number of objects, free or not.
func (p *Pool) Len() int { return int(p.count) }

// Stats returns the counters; bytes are multiples of the distance between
// objects, except LargestFree.
func (p *Pool) Stats() alloc.Stats {
	return p.counts(p.stats, uint64(p.used), uint64(p.peak))
}

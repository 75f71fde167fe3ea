package buddy

import (
	"math/bits"

	"yolk/kernel/alloc"
)

// Pages is an Allocator seen as an alloc.Allocator: sizes are rounded up to a
// block, and addresses are virtual, in the direct map, so that what it hands
// out is contiguous memory ready for use. It is made by conversion,
// (*buddy.Pages)(a), and works on the same blocks and counters.
type Pages Allocator

// Alloc takes the smallest block of at least size bytes, at least one frame,
// that is also a multiple of align in physical address.
func (p *Pages) Alloc(size, align uintptr) (addr uintptr, ok bool) {
	a := (*Allocator)(p)
	if align&(align-1) != 0 {
		a.stats.Failures++
		return 0, false
	}
	phys, ok := a.Alloc(Order(max(size, align)))
	if !ok {
		return 0, false
	}
	return a.direct + uintptr(phys), true
}

// Free gives back the block at addr. Next to the codes of Allocator.Free it has
// alloc.ErrSize, for a size that the block is too small for.
func (p *Pages) Free(addr, size uintptr) alloc.Code {
	a := (*Allocator)(p)
	phys := uint64(addr - a.direct)
	s, code := a.owner(phys)
	if code == alloc.OK && Order(size) > int(a.mark(s, phys)&markOrder) {
		code = alloc.ErrSize
	}
	if code != alloc.OK {
		a.stats.BadFrees++
		return code
	}
	return a.Free(phys)
}

// Stats returns the counters of the whole Allocator.
func (p *Pages) Stats() alloc.Stats { return (*Allocator)(p).Stats() }

// Order returns the order of the smallest block that holds size bytes. It is
// beyond MaxOrder when there is none.
func Order(size uintptr) int {
	if size <= FrameSize {
		return 0
	}
	return bits.Len64(uint64(size-1) >> FrameShift)
}

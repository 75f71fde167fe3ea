// Package bump hands out physical page frames in the order they lie in memory,
// and keeps those that come back on a stack for each block size. It is the
// frame allocator for an image that lives shortly or whose memory use settles:
// no merging and no metadata to set up, so it is ready at once and each call is
// a few instructions. What it cannot do is make a large block of small ones, so
// package buddy is the default.
//
// It may import kernel/alloc only.
package bump

import (
	"math/bits"
	"unsafe"

	"yolk/kernel/alloc"
)

const (
	// FrameSize is the size of a page frame in bytes.
	FrameSize = 4096
	// MaxOrder is the largest block: 1<<MaxOrder frames, 4 GiB.
	MaxOrder = 20
	// MaxRanges is how many ranges of memory may be added.
	MaxRanges = 32
)

// An Allocator hands out frames. The zero Allocator has no memory; Init and
// AddRange give it some. It is not safe for concurrent use.
//
// A block that is handed out keeps nothing in memory, so a wrong Free is not
// noticed beyond its address: the price of having no metadata.
type Allocator struct {
	direct uintptr // virtual address of physical address 0
	n      int
	ranges [MaxRanges]span
	free   [MaxOrder + 1]uint64 // top of each stack, 0: empty; linked through the blocks
	stats  alloc.Stats
}

// span is memory of which [next, end) was never handed out.
type span struct{ start, next, end uint64 }

// Init empties a and sets the offset that turns a physical address into a
// virtual one. It touches no memory but a.
func (a *Allocator) Init(direct uintptr) { *a = Allocator{direct: direct} }

// AddRange gives the allocator the physical range [start, end), shrunk to
// whole frames. The codes are alloc.ErrRange, ErrOverlap and ErrFull.
func (a *Allocator) AddRange(start, end uint64) alloc.Code {
	start = (start + FrameSize - 1) &^ (FrameSize - 1)
	end &^= FrameSize - 1
	if start == 0 { // 0 ends the stacks
		start = FrameSize
	}
	switch {
	case end <= start:
		return alloc.ErrRange
	case a.n == MaxRanges:
		return alloc.ErrFull
	}
	for i := range a.n {
		if r := &a.ranges[i]; start < r.end && r.start < end {
			return alloc.ErrOverlap
		}
	}
	a.ranges[a.n] = span{start, start, end}
	a.n++
	a.stats.Total += end - start
	return alloc.OK
}

// Alloc takes a block of 1<<order frames and returns its physical address, a
// multiple of its size: one that came back, else the next of a range in which
// it fits, else a part of a larger one that came back. What is skipped to align
// it goes onto the stacks. ok is false, and a failure counted, when there is
// none or order is not in 0..MaxOrder.
func (a *Allocator) Alloc(order int) (phys uint64, ok bool) {
	if uint(order) > MaxOrder {
		a.stats.Failures++
		return 0, false
	}
	size := uint64(FrameSize) << order
	if a.free[order] != 0 {
		return a.took(a.pop(order), size), true
	}
	for i := range a.n {
		r := &a.ranges[i]
		phys = (r.next + size - 1) &^ (size - 1)
		if phys < r.next || phys > r.end || r.end-phys < size {
			continue
		}
		for r.next < phys {
			k := bits.TrailingZeros64(r.next / FrameSize)
			a.push(r.next, k)
			r.next += FrameSize << k
		}
		r.next = phys + size
		return a.took(phys, size), true
	}
	for k := order + 1; k <= MaxOrder; k++ {
		if a.free[k] == 0 {
			continue
		}
		phys = a.pop(k)
		for k > order { // keep the lower half
			k--
			a.push(phys+FrameSize<<k, k)
		}
		return a.took(phys, size), true
	}
	a.stats.Failures++
	return 0, false
}

func (a *Allocator) took(phys, size uint64) uint64 {
	a.stats.Allocs++
	a.stats.Used += size
	a.stats.Peak = max(a.stats.Peak, a.stats.Used)
	return phys
}

// Free gives back the block of 1<<order frames at phys. The codes are
// alloc.ErrUnaligned and ErrUnknown; on either nothing has changed but the
// count of bad frees.
func (a *Allocator) Free(phys uint64, order int) alloc.Code {
	code := alloc.OK
	switch {
	case uint(order) > MaxOrder || phys&(FrameSize<<order-1) != 0:
		code = alloc.ErrUnaligned
	case !a.handedOut(phys, FrameSize<<order):
		code = alloc.ErrUnknown
	}
	if code != alloc.OK {
		a.stats.BadFrees++
		return code
	}
	a.push(phys, order)
	a.stats.Frees++
	a.stats.Used -= FrameSize << order
	return alloc.OK
}

func (a *Allocator) handedOut(phys, size uint64) bool {
	for i := range a.n {
		if r := &a.ranges[i]; phys >= r.start && phys < r.next {
			return size <= r.next-phys
		}
	}
	return false
}

func (a *Allocator) push(phys uint64, order int) {
	*a.link(phys) = a.free[order]
	a.free[order] = phys
}

func (a *Allocator) pop(order int) (phys uint64) {
	phys = a.free[order]
	a.free[order] = *a.link(phys)
	return phys
}

// link is where a free block holds the one below it on its stack.
func (a *Allocator) link(phys uint64) *uint64 {
	return (*uint64)(unsafe.Pointer(a.direct + uintptr(phys)))
}

// Left returns the bytes that are not handed out.
func (a *Allocator) Left() uint64 { return a.stats.Total - a.stats.Used }

// Stats returns the counters as they are now.
func (a *Allocator) Stats() alloc.Stats {
	s := a.stats
	s.Free = s.Total - s.Used
	for i := range a.n {
		s.LargestFree = max(s.LargestFree, a.ranges[i].largest())
	}
	for k := range a.free {
		if a.free[k] != 0 {
			s.LargestFree = max(s.LargestFree, FrameSize<<k)
		}
	}
	return s
}

// largest returns the size of the largest aligned block in what is left of r.
func (r *span) largest() uint64 {
	for k := MaxOrder; k >= 0; k-- {
		size := uint64(FrameSize) << k
		if p := (r.next + size - 1) &^ (size - 1); p >= r.next && p <= r.end && r.end-p >= size {
			return size
		}
	}
	return 0
}

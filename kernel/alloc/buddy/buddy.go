// Package buddy allocates physical page frames: blocks of 4 KiB << order,
// naturally aligned in physical address, split and merged by the binary buddy
// system (Knuth, The Art of Computer Programming 1, section 2.5).
//
// It is kernel-context code (see package alloc) and the first allocator a
// machine has, so it needs no memory but the ranges it is given. A range of n
// frames keeps one byte of metadata for each frame, in frames taken from the
// range itself (0.025 %: one frame for up to 16 MiB):
//
//	+----------------+--------------------------------------------+
//	| metadata       | frames under management                    |
//	+----------------+--------------------------------------------+
//	offered start    base                                      end
//
// or mirrored, with the metadata at the end, whichever end is aligned less and
// so splits no large block. A free block's first 16 bytes hold its links:
//
//	+0  next free block of this order, physical address, 0 = none
//	+8  previous free block, physical address, 0 = first
//
// Everything is reached at direct + physical address. Physical address 0 means
// "none" and is never handed out.
//
// An Allocator is not safe for concurrent use: the kernel calls it with its
// memory lock held and interrupts off.
//
// It may import kernel/alloc only.
package buddy

import (
	"math/bits"

	"yolk/kernel/alloc"
)

const (
	FrameShift = 12
	FrameSize  = 1 << FrameShift // bytes in a page frame
	MaxOrder   = 18              // the largest block: 1 GiB
	MaxRanges  = 16              // calls to AddRange that can succeed
)

// A frame's metadata byte is 0 unless a block starts at the frame; then it is
// one of the two marks with the block's order below.
const (
	markNone  = 0x00
	markFree  = 0x40
	markTaken = 0x80
	markOrder = 0x1f
)

// A span is one range of frames, [base, end), with its metadata at meta. All
// three are physical addresses.
type span struct {
	base, end, meta uint64
}

// An Allocator manages up to MaxRanges ranges of physical memory. Call Init,
// then AddRange for each. The zero value has no memory and fails every Alloc.
type Allocator struct {
	direct uintptr              // virtual address of physical address 0
	avail  uint32               // bit k is set when heads[k] is not empty
	nspans int32                // spans in use
	heads  [MaxOrder + 1]uint64 // first free block of each order, 0 = none
	spans  [MaxRanges]span
	stats  alloc.Stats // LargestFree is filled in by Stats
}

// Init empties a and sets the offset that turns a physical address into a
// virtual one. It touches no memory but a.
func (a *Allocator) Init(direct uintptr) {
	*a = Allocator{direct: direct}
}

// Alloc takes a block of 1<<order frames and returns its physical address, a
// multiple of its size. Of the free blocks that fit it splits the smallest.
// The contents are whatever the last owner left, with free-list links on top.
// ok is false, and a failure counted, when no block is left or order is not
// in 0..MaxOrder.
func (a *Allocator) Alloc(order int) (phys uint64, ok bool) {
	if uint(order) > MaxOrder {
		a.stats.Failures++
		return 0, false
	}
	fit := a.avail >> uint(order)
	if fit == 0 {
		a.stats.Failures++
		return 0, false
	}
	k := order + bits.TrailingZeros32(fit)
	phys = a.heads[k]
	s := a.find(phys)
	a.unlink(phys, k)
	for k > order {
		k--
		a.link(s, phys+blockSize(k), k)
	}
	a.setMark(s, phys, markTaken|byte(order))
	a.took(order)
	return phys, true
}

// AllocFrame takes one frame. It is Alloc(0) with a shorter way for the usual
// case that a single frame is free.
func (a *Allocator) AllocFrame() (phys uint64, ok bool) {
	phys = a.heads[0]
	if phys == 0 {
		return a.Alloc(0)
	}
	a.unlink(phys, 0)
	a.setMark(a.find(phys), phys, markTaken)
	a.took(0)
	return phys, true
}

// Free gives back the block that Alloc returned as phys, whose order is in the
// metadata, and merges it with its free buddies. The caller must hold no
// mapping of it any more. The codes are alloc.ErrUnaligned, ErrUnknown,
// ErrFreed and ErrNotHead; on any of them nothing has changed but the count of
// bad frees.
func (a *Allocator) Free(phys uint64) alloc.Code {
	s, code := a.owner(phys)
	if code != alloc.OK {
		a.stats.BadFrees++
		return code
	}
	a.release(s, phys, int(a.mark(s, phys)&markOrder))
	return alloc.OK
}

// FreeFrame is Free for a single frame: a block of any other order is refused
// with alloc.ErrSize.
func (a *Allocator) FreeFrame(phys uint64) alloc.Code {
	s, code := a.owner(phys)
	if code == alloc.OK && a.mark(s, phys) != markTaken {
		code = alloc.ErrSize
	}
	if code != alloc.OK {
		a.stats.BadFrees++
		return code
	}
	a.release(s, phys, 0)
	return alloc.OK
}

// Owns reports whether a block that was handed out starts at phys, for assertions.
func (a *Allocator) Owns(phys uint64) bool {
	_, code := a.owner(phys)
	return code == alloc.OK
}

// Split makes single frames of the block that Alloc returned as phys: each is to be given
// back by FreeFrame, and counts as an allocation. The codes are those of Free.
func (a *Allocator) Split(phys uint64) alloc.Code {
	s, code := a.owner(phys)
	if code != alloc.OK {
		return code
	}
	frames := uint64(1) << (a.mark(s, phys) & markOrder)
	for i := range frames {
		a.setMark(s, phys+i*FrameSize, markTaken)
	}
	a.stats.Allocs += frames - 1
	return alloc.OK
}

// Has reports whether a block of 1<<order frames is free.
func (a *Allocator) Has(order int) bool { return a.avail>>uint(order) != 0 }

// Left returns the bytes that are not handed out.
func (a *Allocator) Left() uint64 { return a.stats.Total - a.stats.Used }

// Stats returns the counters. Metadata and frames dropped at unaligned range
// ends are in none of them.
func (a *Allocator) Stats() alloc.Stats {
	s := a.stats
	s.Free = s.Total - s.Used
	if a.avail != 0 {
		s.LargestFree = blockSize(bits.Len32(a.avail) - 1)
	}
	return s
}

// blockSize returns the bytes of a block.
func blockSize(order int) uint64 { return FrameSize << uint(order) }

// took counts an allocation.
func (a *Allocator) took(order int) {
	a.stats.Allocs++
	a.stats.Used += blockSize(order)
	if a.stats.Used > a.stats.Peak {
		a.stats.Peak = a.stats.Used
	}
}

// owner returns the index of the span in which an allocated block starts at
// phys, or the reason why there is none.
func (a *Allocator) owner(phys uint64) (int, alloc.Code) {
	if phys%FrameSize != 0 {
		return -1, alloc.ErrUnaligned
	}
	s := a.find(phys)
	if s < 0 {
		return -1, alloc.ErrUnknown
	}
	switch m := a.mark(s, phys); {
	case m&markTaken != 0:
		return s, alloc.OK
	case m&markFree != 0 || a.inFree(s, phys):
		return -1, alloc.ErrFreed
	}
	return -1, alloc.ErrNotHead
}

// inFree reports whether phys, where no block starts, lies inside a free block.
func (a *Allocator) inFree(s int, phys uint64) bool {
	for k := 1; k <= MaxOrder; k++ {
		head := phys &^ (blockSize(k) - 1)
		if head < a.spans[s].base {
			return false
		}
		if m := a.mark(s, head); m&markFree != 0 && int(m&markOrder) >= k {
			return true
		}
	}
	return false
}

// release merges the block with its buddy for as long as that is free and of
// the same order, and links the result.
func (a *Allocator) release(s int, phys uint64, order int) {
	a.stats.Frees++
	a.stats.Used -= blockSize(order)
	for ; order < MaxOrder; order++ {
		buddy := phys ^ blockSize(order)
		if buddy < a.spans[s].base || buddy >= a.spans[s].end ||
			a.mark(s, buddy) != markFree|byte(order) {
			break
		}
		a.unlink(buddy, order)
		a.setMark(s, phys|buddy, markNone) // the upper half is no head any more
		phys &= buddy
	}
	a.link(s, phys, order)
}

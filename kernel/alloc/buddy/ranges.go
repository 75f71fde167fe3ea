package buddy

import (
	"math/bits"

	"yolk/kernel/alloc"
)

// AddRange puts the physical memory [start, end) under management; frames that
// it covers only in part, and frame 0, are left out. The whole range must be
// mapped at direct + start and belong to no one else from now on. It is called
// at boot; ranges stay for ever and adjacent ones do not merge.
//
// The codes are alloc.ErrRange (less than two whole frames, or an end below
// the start), alloc.ErrOverlap and alloc.ErrFull; on any of them no memory has
// been touched.
func (a *Allocator) AddRange(start, end uint64) alloc.Code {
	start = max(start, FrameSize)
	if end > ^uint64(FrameSize-1) || start > end {
		return alloc.ErrRange
	}
	start = (start + FrameSize - 1) &^ (FrameSize - 1)
	end &^= FrameSize - 1
	if end < start+2*FrameSize {
		return alloc.ErrRange
	}
	if a.overlaps(start, end) {
		return alloc.ErrOverlap
	}
	if int(a.nspans) == MaxRanges {
		return alloc.ErrFull
	}
	i := int(a.nspans)
	a.spans[i] = layout(start, end)
	a.nspans++
	a.seed(i)
	return alloc.OK
}

// layout places the metadata of [start, end): m frames describe the other n-m,
// so m = ceil(n / (FrameSize+1)).
func layout(start, end uint64) span {
	n := (end - start) / FrameSize
	m := (n + FrameSize) / (FrameSize + 1) * FrameSize
	if bits.TrailingZeros64(start) <= bits.TrailingZeros64(end) {
		return span{base: start + m, end: end, meta: start}
	}
	return span{base: start, end: end - m, meta: end - m}
}

// seed clears the metadata of a new span and fills the free lists with the
// largest aligned blocks that tile it.
func (a *Allocator) seed(i int) {
	s := a.spans[i]
	a.clear(s.meta, (s.end-s.base)/FrameSize)
	for p := s.base; p < s.end; {
		order := min(bits.TrailingZeros64(p), bits.Len64(s.end-p)-1) - FrameShift
		order = min(order, MaxOrder)
		a.link(i, p, order)
		p += blockSize(order)
	}
	a.stats.Total += s.end - s.base
}

// overlaps reports whether [start, end) shares a frame with a span or with its
// metadata.
func (a *Allocator) overlaps(start, end uint64) bool {
	for i := range a.spans[:a.nspans] {
		s := &a.spans[i]
		// Metadata lies at one end or the other; the bounds cover both.
		lo := min(s.base, s.meta)
		hi := max(s.end, s.meta+metaSize(s))
		if start < hi && lo < end {
			return true
		}
	}
	return false
}

// metaSize returns the bytes of the frames that hold a span's metadata.
func metaSize(s *span) uint64 {
	n := (s.end - s.base) / FrameSize
	return (n + FrameSize - 1) &^ (FrameSize - 1)
}

// find returns the index of the span that manages phys, -1 if none does.
func (a *Allocator) find(phys uint64) int {
	for i := range a.spans[:a.nspans] {
		if phys >= a.spans[i].base && phys < a.spans[i].end {
			return i
		}
	}
	return -1
}

// link makes the block at phys the first free block of its order.
func (a *Allocator) link(s int, phys uint64, order int) {
	next := a.heads[order]
	a.store(phys+linkNext, next)
	a.store(phys+linkPrev, 0)
	if next != 0 {
		a.store(next+linkPrev, phys)
	}
	a.heads[order] = phys
	a.avail |= 1 << uint(order)
	a.setMark(s, phys, markFree|byte(order))
}

// unlink takes the free block at phys out of the list of its order. The mark
// is the caller's to change.
func (a *Allocator) unlink(phys uint64, order int) {
	next, prev := a.load(phys+linkNext), a.load(phys+linkPrev)
	if next != 0 {
		a.store(next+linkPrev, prev)
	}
	if prev != 0 {
		a.store(prev+linkNext, next)
		return
	}
	a.heads[order] = next
	if next == 0 {
		a.avail &^= 1 << uint(order)
	}
}

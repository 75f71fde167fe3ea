package mem

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/alloc/buddy"
)

// Where the Go heap grows and memory is plenty, it gets large pages: one page fault in a
// block of 2 MiB then populates all of it, and the processor keeps one translation of it.
// They are an affair of page faults alone. What changes an address space divides those in
// its way into pages of 4 KiB first, and nothing makes large ones of those again.
//
// A small heap has none, and no memory is spent for what is not going to be used: before
// the block, most pages of grown ones must be populated.

const (
	largeShift = 21
	largeOrder = largeShift - buddy.FrameShift

	grown = 4   // blocks
	most  = 384 // pages of the 512 in a block
)

// large returns the entry of the large page at va, or nil: there is none.
func large(va uintptr) *uint64 {
	if e := walk(va, largeShift, false); e != nil && *e&arch.PTEPresent != 0 && !arch.PTEIsTable(*e) {
		return e
	}
	return nil
}

// grows reports whether the block of va, which is in r and in which no page is populated,
// is to be a large page, and there is memory for it.
func (m *state) grows(r *region, va uint64) bool {
	block := va &^ (size2M - 1)
	if !r.holdsBlock(block) || block < r.start+grown*size2M ||
		m.frames.left() < m.low*lowShare/2 || !m.frames.whole(largeOrder) {
		return false
	}
	for i := uint64(1); i <= grown; i++ {
		if !dense(uintptr(block - i*size2M)) {
			return false
		}
	}
	return true
}

// holdsBlock reports whether all of a block is the heap's.
func (r *region) holdsBlock(block uint64) bool {
	return InHeap(uintptr(block)) && r.object == 0 && r.prot == ProtRead|ProtWrite && r.start <= block && r.end-block >= size2M
}

// dense reports whether most pages of the block at va are populated.
func dense(va uintptr) bool {
	e := walk(va, largeShift, false)
	if e == nil || *e&arch.PTEPresent == 0 {
		return false
	}
	if !arch.PTEIsTable(*e) {
		return true
	}
	n := 0
	for i := range uintptr(PageSize / 8) {
		if *entry(*e&arch.PTEAddr, i)&arch.PTEPresent != 0 {
			n++
		}
	}
	return n >= most
}

// enlarge populates the block of va with a large page, which is cleared with no lock held,
// unless the address space has changed meanwhile: the processor finds out by another fault.
func (m *state) enlarge(va uintptr) {
	m.lock.Lock()
	pa, ok := m.frames.alloc(largeOrder)
	m.lock.Unlock()
	if !ok {
		return
	}
	clear(unsafe.Slice((*uint64)(unsafe.Pointer(Addr(pa))), size2M/8))
	m.lock.Lock()
	if !m.place(va, pa) {
		m.frames.free(pa, largeOrder)
	}
	m.lock.Unlock()
}

// place makes pa, which is clear, the large page of va's block, if it may be one. With each
// comes a frame for the table that will divide it, for which there might be none then.
func (m *state) place(va uintptr, pa uint64) bool {
	r := m.regions.lookup(uint64(va))
	if r == nil || !r.holdsBlock(uint64(va)&^(size2M-1)) {
		return false
	}
	e := walk(va, largeShift, true)
	if e == nil || *e != 0 {
		return false
	}
	table, ok := m.frames.frame()
	if !ok {
		return false
	}
	*entry(table, 0), m.spare = m.spare, table
	show(e, pa|arch.PTEBlock(r.prot.bits()))
	m.faults += size2M / PageSize
	return true
}

// divide makes the large pages that are in [va, va+n), also in part, ones of 4 KiB. Where
// other processors may have their translations, which allow the same, those are gone when
// what the caller changes is flushed: there is one translation for all of a large page.
func (m *state) divide(va, n uint64) {
	for a, end := va&^(size2M-1), va+n; a < end && m.spare != 0; {
		e := walk(uintptr(a), largeShift, false)
		if e == nil {
			a = (a>>30 + 1) << 30
			continue
		}
		if *e&arch.PTEPresent != 0 && !arch.PTEIsTable(*e) {
			m.divideBlock(e, uintptr(a))
		}
		a += size2M
	}
}

// divideBlock divides the large page at va, of which e is the entry.
func (m *state) divideBlock(e *uint64, va uintptr) {
	pa, table := *e&arch.PTEAddr, m.spare
	m.spare = *entry(table, 0)
	bits := (ProtRead | ProtWrite).bits()
	for i := range uintptr(size2M / PageSize) {
		*entry(table, i) = pa + uint64(i)*PageSize | bits
	}
	// Break before make (Arm ARM, D8.16.1): no processor may have two sizes at once.
	*e = 0
	arch.InvalidatePage(va)
	*e = table | arch.PTETable
	m.frames.split(pa)
}

package mem

import "yolk/arch"

// move serves Move.
func (m *state) move(va, n, size uint64, may bool, place uint64) (uint64, Result) {
	n, size = (n+PageSize-1)&^(PageSize-1), (size+PageSize-1)&^(PageSize-1)
	r := m.regions.lookup(va)
	if va%PageSize != 0 || n == 0 || size == 0 || !within(va, n) || r == nil || r.end < va+n {
		return 0, NoRegion
	}
	if size <= n {
		if size < n && !m.unmap(va+size, n-size) {
			return 0, NoMemory
		}
		if place == 0 {
			return va, Done
		}
		n = size
	}
	if place != 0 {
		if !m.unmap(place, size) {
			return 0, NoMemory
		}
		return m.relocate(va, n, size, place)
	}
	if grown := (region{va, va + size, r.after(va - r.start), r.prot}); within(va, size) && r.end == va+n && m.regions.free(va+n, va+size) {
		if !declare(grown) {
			return 0, NoMemory
		}
		return va, Done
	}
	to := m.pick(size)
	if !may || to == 0 {
		return 0, NoMemory
	}
	return m.relocate(va, n, size, to)
}

// relocate has what is mapped at va, n bytes of one region, be size bytes at to, where
// nothing is.
func (m *state) relocate(va, n, size, to uint64) (uint64, Result) {
	r := m.regions.lookup(va)
	there := region{to, to + size, r.after(va - r.start), r.prot}
	m.divide(va, n)
	if !m.rooms(va, n, to) || !declare(there) {
		prune(to, size)
		return 0, NoMemory
	}
	visit(va, n, func(e *uint64, at uintptr) {
		*walk(at-uintptr(va)+uintptr(to), 12, false) = *e
		*e = 0
		arch.InvalidatePage(at)
	})
	m.flush(span{va, va + n})
	m.unmap(va, n) // if there is no memory to divide its region it stays, empty
	return to, Done
}

// rooms makes the page tables at to that what is populated of [va, va+n) needs there.
func (m *state) rooms(va, n, to uint64) bool {
	ok := true
	visit(va, n, func(_ *uint64, at uintptr) {
		ok = ok && walk(at-uintptr(va)+uintptr(to), 12, true) != nil
	})
	return ok
}

package mem

import "yolk/arch"

// userEnd is the end of the lower half's usable addresses.
const userEnd = 0x7ffffffff000

// within tells whether [va, va+n) lies in the lower half.
func within(va, n uint64) bool { return n <= userEnd && va <= userEnd-n }

// mapContent serves Map and MapObject.
func (m *state) mapContent(va, n uint64, c content, p Prot, fixed bool) (uint64, bool) {
	if fixed {
		m.begin(va, n)
	} else {
		m.begin(0, PageSize)
	}
	va, ok := m.mapRegion(va, n, c, p, fixed)
	m.end()
	return va, ok
}

func (m *state) mapRegion(va, n uint64, c content, p Prot, fixed bool) (uint64, bool) {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if n == 0 || n > userEnd || va%PageSize != 0 && fixed {
		return 0, false
	}
	if !fixed {
		va &^= PageSize - 1
		if va < 1<<32 || !within(va, n) || !m.regions.free(va, va+n) || m.other(va, va+n, always) != nil {
			va = m.pick(n)
		}
	}
	if va == 0 || !within(va, n) || !declare(region{va, va + n, c, p}) {
		return 0, false
	}
	if fixed {
		release(va, n)
	}
	return va, true
}

// declare makes r a region; false: no memory for the table.
func declare(r region) bool {
	if !moreRegions() {
		return false
	}
	m.regions.set(r)
	return true
}

// maxRegions is Linux's vm.max_map_count: the table does not grow beyond it.
const maxRegions = 65530

// moreRegions makes room in the table, which doubles when it is full.
func moreRegions() bool {
	t := &m.regions
	if t.n+room <= t.max {
		return true
	}
	if t.n >= maxRegions {
		return false
	}
	order := 0
	if t.max != 0 {
		order = m.regionOrder + 1
	}
	pa, ok := m.frames.alloc(order)
	if !ok {
		return false
	}
	old := *t
	t.move(Addr(pa), (PageSize<<order)/int(regionSize))
	if old.max != 0 {
		m.frames.free(Phys(old.base), m.regionOrder)
	}
	m.regionOrder = order
	return true
}

// pick finds n free bytes above mmapBase, the lowest there are, where page tables
// are likeliest. Of what is being unmapped page faults would have to wait.
func (m *state) pick(n uint64) uint64 {
	for va := uint64(mmapBase); va+n <= userEnd; {
		if i := m.regions.find(va); i < m.regions.n && m.regions.at(i).start < va+n {
			va = m.regions.at(i).end
		} else if c := m.other(va, va+n, always); c != nil {
			va = c.end
		} else {
			return va
		}
	}
	return 0
}

// always is later than every ticket.
const always = ^uint64(0)

// Reserve declares [va, va+n) to be zero memory populated on demand, wherever
// it is: the image's BSS.
func Reserve(va, n uint64) bool {
	return declare(region{start: va, end: va + n, prot: ProtRead | ProtWrite})
}

func (m *state) unmap(va, n uint64) bool {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if va%PageSize != 0 || n == 0 || !within(va, n) || m.regions.splits(va, va+n) && !moreRegions() {
		return false
	}
	m.regions.cut(va, va+n)
	release(va, n)
	prune(va, n)
	return true
}

func (m *state) protect(va, n uint64, p Prot) Result {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if va%PageSize != 0 || n == 0 || !within(va, n) {
		return NoMemory
	}
	if !m.covered(va, n) {
		return NoMemory
	}
	for i := m.regions.find(va); p&ProtWrite != 0 && i < m.regions.n && m.regions.at(i).start < va+n; i++ {
		if m.regions.at(i).kind&ReadOnly != 0 {
			return Denied
		}
	}
	if !moreRegions() {
		return NoMemory
	}
	m.regions.protect(va, va+n, p)
	m.divide(va, n)
	var shown span
	visit(va, n, func(e *uint64, va uintptr) {
		if *e&arch.PTEPresent != 0 {
			shown.add(uint64(va), PageSize)
		}
		switch {
		case *e&lent != 0:
			*e = 0 // the object has it
		case p == ProtNone:
			// Keep the frame: the contents must survive until the pages are
			// made accessible again.
			*e = *e&arch.PTEAddr | parked
		default:
			*e = *e&arch.PTEAddr | p.bits()
		}
		arch.InvalidatePage(va)
	})
	m.flush(shown)
	return Done
}

// covered reports whether every page of [va, va+n) is in a region.
func (m *state) covered(va, n uint64) bool {
	for a := va; a < va+n; {
		r := m.regions.lookup(a)
		if r == nil {
			return false
		}
		a = r.end
	}
	return true
}

func (m *state) discard(va, n uint64) {
	if !within(va, n) {
		return
	}
	end := (va + n) &^ (PageSize - 1)
	va = (va + PageSize - 1) &^ (PageSize - 1)
	if end > va {
		release(va, end-va)
	}
}

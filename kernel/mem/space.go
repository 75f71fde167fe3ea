package mem

import (
	"yolk/arch"
	"yolk/kernel/abi/assert"
	"yolk/kernel/klog"
)

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

// Marks of an entry. The processor ignores these bits, the first two in entries that
// are not present.
const (
	parked  = 1 << 9  // PROT_NONE over populated memory
	leaving = 1 << 10 // free as soon as no processor has a translation
	lent    = 1 << 55 // the frame is an object's
)

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

// visit calls f for every populated page of [va, va+n), skipping what has no
// table: there is nothing, or a large page that has come since divide.
func visit(va, n uint64, f func(e *uint64, va uintptr)) {
	for a, end := va, va+n; a < end; {
		table := m.root
		shift := uint(topBit)
		for ; shift > 12; shift -= 9 {
			e := *entry(table, uintptr(a>>shift&511))
			if e&arch.PTEPresent == 0 || !arch.PTEIsTable(e) {
				break
			}
			table = e & arch.PTEAddr
		}
		if shift > 12 {
			a = (a>>shift + 1) << shift
			continue
		}
		if e := entry(table, uintptr(a>>12&511)); *e&(arch.PTEPresent|parked|leaving) != 0 {
			f(e, uintptr(a))
		}
		a += PageSize
	}
}

func (m *state) fault(va uintptr, code uint64) FaultResult {
	if assert.On {
		klog.Assert(m.lock.Held())
	}
	r := m.regions.lookup(uint64(va))
	if r == nil || r.prot == ProtNone ||
		code&arch.FaultWrite != 0 && r.prot&ProtWrite == 0 ||
		code&arch.FaultFetch != 0 && r.prot&ProtExec == 0 {
		return FaultBad
	}
	e := walk(va, 12, false)
	if e == nil {
		switch {
		case large(va) != nil: // populated by another processor
			return FaultServed
		case m.grows(r, uint64(va)):
			return faultLarge
		}
		if e = walk(va, 12, true); e == nil {
			return FaultNoMem
		}
	}
	if r.object != 0 && *e&parked == 0 {
		return objects.fault(r, e, va, code)
	}
	switch {
	case *e&arch.PTEPresent != 0:
		// Another CPU populated it, or the processor used an old translation.
		*e = *e&arch.PTEAddr | r.prot.bits()
		arch.InvalidatePage(va)
		return FaultServed
	case *e&parked != 0:
		*e = *e&arch.PTEAddr | r.prot.bits()
		return FaultServed
	case *e&leaving != 0:
		return faultWait
	}
	pa, ok := m.readyFrame()
	if !ok {
		return FaultNoMem
	}
	if assert.On {
		klog.Assert(pa%PageSize == 0 && *e&arch.PTEAddr == 0)
	}
	show(e, pa|r.prot.bits())
	m.faults++
	if m.frames.left() < m.low {
		return FaultShort
	}
	return FaultServed
}

func (m *state) populated(va uint64) bool {
	r := m.regions.lookup(va)
	if r == nil {
		return false
	}
	if e := walk(uintptr(va), 12, false); e != nil && *e&arch.PTEPresent != 0 || large(uintptr(va)) != nil {
		return true
	}
	return r.object != 0 && objects.has(r.object, r.after(va-r.start).first)
}

func (m *state) regionEnd(va uint64) uint64 {
	r := m.regions.lookup(va)
	if r == nil || r.prot == ProtNone {
		return 0
	}
	if r.object == 0 {
		return r.end
	}
	end := min(r.end, r.start+(max(r.object.pages(), r.first)-r.first)*PageSize)
	if end <= va {
		return 0 // beyond the file
	}
	return end
}

package mem

import (
	"yolk/arch"
	"yolk/kernel/abi/assert"
	"yolk/kernel/klog"
	"yolk/kernel/smp"
)

// userEnd is the end of the lower half's usable addresses.
const userEnd = 0x7ffffffff000

// within tells whether [va, va+n) lies in the lower half.
func within(va, n uint64) bool { return n <= userEnd && va <= userEnd-n }

func (m *state) mapRegion(va, n uint64, c content, p Prot, fixed bool) (uint64, bool) {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if n == 0 || n > userEnd || va%PageSize != 0 && fixed {
		return 0, false
	}
	if !fixed {
		va &^= PageSize - 1
		if va < 1<<32 || !within(va, n) || !m.regions.free(va, va+n) {
			va = m.pick(n)
		}
	}
	if va == 0 || !within(va, n) || !declare(region{va, va + n, c, p}) {
		return 0, false
	}
	if fixed {
		release(va, n, everything)
		buryOrphans()
	}
	return va, true
}

// buryOrphans frees what regions that are gone were the last to show.
func buryOrphans() {
	if m.orphans != 0 {
		objects.bury()
	}
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
// are likeliest.
func (s *state) pick(n uint64) uint64 {
	for va := uint64(mmapBase); va+n <= userEnd; {
		i := s.regions.find(va)
		if i == s.regions.n || s.regions.at(i).start >= va+n {
			return va
		}
		va = s.regions.at(i).end
	}
	return 0
}

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
	release(va, n, everything)
	prune(va, n)
	buryOrphans()
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
	visit(va, n, func(e *uint64, va uintptr) {
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
	flush(va, n)
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
		release(va, end-va, everything)
	}
}

// flush makes the other processors forget [va, va+n). It takes as long as the slowest
// of them, which a hypervisor may not be running at all, so m.lock is free meanwhile:
// the others go on to serve page faults and to check addresses. It is between begin
// and end.
func flush(va, n uint64) {
	if assert.On {
		klog.Assert(m.change.Held() && m.lock.Held())
	}
	m.lock.Unlock()
	smp.Flush(uintptr(va), uintptr(va+n))
	m.lock.Lock()
}

// What release takes: all of a range, or what objects lent to it.
const (
	everything = 0
	borrowed   = lent
)

// release unmaps [va, va+n) and frees the frames that are not an object's. Where other
// CPUs may have translations of them, no frame is free before those are gone.
func release(va, n, what uint64) {
	if assert.On {
		klog.Assert(m.change.Held() && m.lock.Held())
	}
	m.divide(va, n)
	owned := uint64(arch.PTEPresent | parked)
	if !arch.BroadcastTLB && smp.Count() > 1 {
		found := false
		visit(va, n, func(e *uint64, va uintptr) {
			if *e&what != what {
				return
			}
			found = true
			*e = *e&(arch.PTEAddr|lent) | leaving
			arch.InvalidatePage(va)
		})
		if !found {
			return
		}
		flush(va, n)
		owned = leaving
	}
	visit(va, n, func(e *uint64, va uintptr) {
		old := *e
		if old&owned == 0 || old&what != what {
			return // populated meanwhile
		}
		*e = 0
		arch.InvalidatePage(va)
		if old&lent == 0 {
			m.frames.freeFrame(old & arch.PTEAddr)
		}
	})
}

// prune gives back the page tables that only [va, va+n) needed, which is in no
// region any more. A table may be reused when no processor can have the entry
// that led to it; until then they are chained by their first entries, which as
// addresses of frames are not present.
func prune(va, n uint64) {
	chain := uint64(0)
	for shift := uint(21); shift <= topBit; shift += 9 {
		for a, end := va>>shift<<shift, va+n; a < end; {
			e := walk(uintptr(a), shift, false)
			if e == nil { // nor is there any in the rest of the table that lacks
				a = (a>>(shift+9) + 1) << (shift + 9)
				continue
			}
			if table := *e & arch.PTEAddr; *e&arch.PTEPresent != 0 && m.regions.free(a, a+1<<shift) && blank(table) {
				*e = 0
				arch.InvalidatePage(uintptr(a))
				*entry(table, 0), chain = chain, table
			}
			a += 1 << shift
		}
	}
	if chain != 0 {
		flush(va, n) // of any address: it drops entries of upper tables too
	}
	for chain != 0 {
		table := chain
		chain = *entry(table, 0)
		m.frames.freeFrame(table)
	}
}

// blank reports whether a page table has no entries.
func blank(table uint64) bool {
	for i := range uintptr(PageSize / 8) {
		if *entry(table, i) != 0 {
			return false
		}
	}
	return true
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

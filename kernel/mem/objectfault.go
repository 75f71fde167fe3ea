package mem

import "yolk/arch"

// faultObject serves a fault in r, which shows an object; e is va's entry.
func faultObject(r *region, e *uint64, va uintptr, code uint64) FaultResult {
	write := code&arch.FaultWrite != 0
	page := r.after(uint64(va) - r.start).first
	switch {
	case *e&leaving != 0:
		return faultWait
	case page >= r.object.pages():
		return FaultBus
	case *e&arch.PTEPresent != 0 && *e&lent == 0: // the mapping's own copy
		*e = *e&arch.PTEAddr | r.prot.bits()
		arch.InvalidatePage(va)
		return FaultServed
	case *e&arch.PTEPresent != 0 && write && r.kind&Shared == 0:
		return faultCopy
	}
	pa, result := r.object.fill(page)
	if result != FaultServed {
		return result
	}
	m.faults++
	p := r.prot
	switch {
	case r.kind&Shared == 0:
		p &^= ProtWrite // the first write makes a copy
	case !r.object.tracked():
	case write:
		r.object.soil(page)
	default:
		p &^= ProtWrite // the first write marks the page
	}
	show(e, pa|lent|p.bits())
	arch.InvalidatePage(va)
	if write && r.kind&Shared == 0 {
		return faultCopy
	}
	if m.frames.left() < m.low {
		return FaultShort
	}
	return FaultServed
}

// copyPage gives the private mapping at va a copy of the object's page that it shows.
func copyPage(va uintptr) FaultResult {
	r, e := m.regions.lookup(uint64(va)), walk(va, 12, false)
	if r == nil || e == nil || *e&lent == 0 || *e&arch.PTEPresent == 0 {
		return FaultServed // it has changed meanwhile: look again
	}
	bits := r.prot.bits()
	copied, ok := m.frames.frame()
	if !ok {
		return FaultNoMem
	}
	old := *e & arch.PTEAddr
	*e = old | lent | leaving
	arch.InvalidatePage(va)
	page := va &^ (PageSize - 1)
	m.flush(span{uint64(page), uint64(page) + PageSize})
	copy(Bytes(Addr(copied), PageSize), Bytes(Addr(old), PageSize))
	show(e, copied|bits)
	return FaultServed
}

package mem

import (
	"unsafe"

	"yolk/arch"
)

// userEnd is the end of the lower half's usable addresses.
const userEnd = 0x7ffffffff000

// Map makes [va, va+n) accessible with protection p. With fixed it replaces
// what is there; otherwise va is a hint and another place is chosen when it is
// taken. It returns the address, or false when there is no room. The pages
// read as zero and cost nothing until they are touched.
func Map(va, n uint64, p Prot, fixed bool) (uint64, bool) {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if n == 0 || n > userEnd || va%PageSize != 0 && fixed {
		return 0, false
	}
	if !fixed {
		va &^= PageSize - 1
		if va < 1<<32 || va+n > userEnd || !m.regions.free(va, va+n) {
			va = m.pick(n)
		}
	}
	if va == 0 || va+n > userEnd || va+n < va {
		return 0, false
	}
	if fixed {
		release(va, n)
	}
	return va, declare(va, va+n, p)
}

// declare makes [start, end) a region; false: no memory for the table.
func declare(start, end uint64, p Prot) bool {
	if !growRegions() {
		return false
	}
	m.regions.set(start, end, p)
	return true
}

// growRegions makes room in the table, which doubles when it is full.
func growRegions() bool {
	t := &m.regions
	if t.n+room <= t.max {
		return true
	}
	order := 0
	if t.max != 0 {
		order = m.regionOrder + 1
	}
	pa, ok := Alloc(order)
	if !ok {
		return false
	}
	old := *t
	t.move(Addr(pa), (PageSize<<order)/int(regionSize))
	if old.max != 0 {
		Free(Phys(old.base))
	}
	m.regionOrder = order
	return true
}

// pick finds n free bytes above mmapBase, wrapping around once.
func (s *state) pick(n uint64) uint64 {
	for pass := 0; pass < 2; pass++ {
		va := s.next
		for va+n <= userEnd {
			i := s.regions.find(va)
			if i == s.regions.n || s.regions.at(i).start >= va+n {
				s.next = va + n
				return va
			}
			va = s.regions.at(i).end
		}
		s.next = mmapBase
	}
	return 0
}

// Reserve declares [va, va+n) to be zero memory populated on demand, wherever
// it is: the image's BSS.
func Reserve(va, n uint64) bool {
	return declare(va, va+n, ProtRead|ProtWrite)
}

// Unmap forgets [va, va+n) and gives its frames back.
func Unmap(va, n uint64) bool {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if va%PageSize != 0 || n == 0 || va+n < va || va+n > userEnd || !growRegions() {
		return false
	}
	release(va, n)
	m.regions.cut(va, va+n)
	return true
}

// Protect changes the protection of [va, va+n); every page of it must be in a
// region.
func Protect(va, n uint64, p Prot) bool {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if va%PageSize != 0 || n == 0 {
		return false
	}
	for a := va; a < va+n; {
		r := m.regions.lookup(a)
		if r == nil {
			return false
		}
		a = r.end
	}
	if !declare(va, va+n, p) {
		return false
	}
	visit(va, n, func(e *uint64, va uintptr) {
		if p == ProtNone {
			// Keep the frame: the contents must survive until the pages are
			// made accessible again.
			*e = *e&arch.PTEAddr | parked
		} else {
			*e = *e&arch.PTEAddr | p.bits()
		}
		arch.InvalidatePage(va)
	})
	return true
}

// parked marks an entry that is not present but owns a frame: PROT_NONE over
// populated memory. The bit is ignored by the processor.
const parked = 1 << 9

// Discard drops the contents of [va, va+n), which then read as zero, and gives
// the frames back. The regions stay.
func Discard(va, n uint64) {
	end := (va + n) &^ (PageSize - 1)
	va = (va + PageSize - 1) &^ (PageSize - 1)
	if end > va {
		release(va, end-va)
	}
}

// release unmaps and frees the frames of [va, va+n).
func release(va, n uint64) {
	visit(va, n, func(e *uint64, va uintptr) {
		pa := *e & arch.PTEAddr
		*e = 0
		arch.InvalidatePage(va)
		m.frames.FreeFrame(pa)
	})
}

// visit calls f for every populated page of [va, va+n), skipping what has no
// table. The range holds 4 KiB pages only: it is in regions.
func visit(va, n uint64, f func(e *uint64, va uintptr)) {
	for a, end := va, va+n; a < end; {
		table := m.root[0]
		shift := uint(topBit)
		for ; shift > 12; shift -= 9 {
			e := *entry(table, uintptr(a>>shift&511))
			if e&arch.PTEPresent == 0 {
				break
			}
			table = e & arch.PTEAddr
		}
		if shift > 12 {
			a = (a>>shift + 1) << shift
			continue
		}
		if e := entry(table, uintptr(a>>12&511)); *e&(arch.PTEPresent|parked) != 0 {
			f(e, uintptr(a))
		}
		a += PageSize
	}
}

// FaultResult says what became of a page fault.
type FaultResult uint8

const (
	FaultBad    FaultResult = iota // no access there: the program's error
	FaultServed                    // populated: continue
	FaultNoMem                     // an access that is allowed, but RAM is used up
)

// Fault serves a page fault at va; code is the processor's error code.
func Fault(va uintptr, code uint64) FaultResult {
	r := m.regions.lookup(uint64(va))
	if r == nil || r.prot == ProtNone ||
		code&arch.FaultWrite != 0 && r.prot&ProtWrite == 0 ||
		code&arch.FaultFetch != 0 && r.prot&ProtExec == 0 {
		return FaultBad
	}
	e := walk(va, 12, true)
	if e == nil {
		return FaultNoMem
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
	}
	pa, ok := frame()
	if !ok {
		return FaultNoMem
	}
	*e = pa | r.prot.bits()
	m.faults++
	return FaultServed
}

// Populated reports whether the page at va has a frame.
func Populated(va uint64) bool {
	r := m.regions.lookup(va)
	if r == nil {
		return false
	}
	e := walk(uintptr(va), 12, false)
	return e != nil && *e&arch.PTEPresent != 0
}

// RegionEnd returns where the accessible region that holds va ends, or 0 when
// the program may not access va.
func RegionEnd(va uint64) uint64 {
	r := m.regions.lookup(va)
	if r == nil || r.prot == ProtNone {
		return 0
	}
	return r.end
}

// Bytes returns the n bytes at va. Kernel code may touch program memory
// directly: a page that is missing is populated on the way.
func Bytes(va uintptr, n uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(va)), n)
}

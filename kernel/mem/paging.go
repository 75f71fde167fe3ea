package mem

import (
	"sync/atomic"
	"unsafe"

	"yolk/arch"
)

const (
	size2M = 2 << 20
	size1G = 1 << 30
	topBit = 39 // address bits that a top-level entry covers
)

// Prot is what a mapping allows. Values are Linux's PROT_*.
type Prot uint8

const (
	ProtNone  Prot = 0
	ProtRead  Prot = 1
	ProtWrite Prot = 2
	ProtExec  Prot = 4
)

// bits returns the leaf entry bits for p.
func (p Prot) bits() uint64 { return arch.PTEPage(p&ProtWrite != 0, p&ProtExec != 0) }

// Marks of an entry. The processor ignores these bits, the first two in entries that
// are not present.
const (
	parked  = 1 << 9  // PROT_NONE over populated memory
	leaving = 1 << 10 // free as soon as no processor has a translation
	lent    = 1 << 55 // the frame is an object's
)

// entry returns the page-table entry at pa.
func entry(table uint64, i uintptr) *uint64 {
	return (*uint64)(unsafe.Pointer(Addr(table) + i*8))
}

// walk returns the entry for va whose leaf covers 1<<shift bytes (12, 21 or
// 30). With create it adds missing tables; it returns nil when there is none
// or no frame for one is left, and where a larger leaf is, as when a description of
// the machine has a device inside its RAM.
func walk(va uintptr, shift uint, create bool) *uint64 {
	table := m.root
	for s := uint(topBit); ; s -= 9 {
		e := entry(table, va>>s&511)
		if s == shift {
			return e
		}
		if *e&arch.PTEPresent == 0 {
			if !create {
				return nil
			}
			pa, ok := frame()
			if !ok {
				return nil
			}
			show(e, pa|arch.PTETable)
		}
		if !arch.PTEIsTable(*e) {
			return nil
		}
		table = *e & arch.PTEAddr
	}
}

// show sets an entry. A processor that finds it finds in the page, or the table, what was
// written there before: on arm64 other stores may be seen in any order.
func show(e *uint64, to uint64) { atomic.StoreUint64(e, to) }

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

// mapPages maps [va, va+n) to pa with the given leaf bits, using large pages
// where both addresses and the rest of the range allow. It reports false when
// the frames for tables ran out.
func mapPages(va uintptr, pa, n, bits uint64) bool {
	for n > 0 {
		shift := uint(12)
		switch {
		case m.large1G && (uint64(va)|pa)%size1G == 0 && n >= size1G:
			shift = 30
		case (uint64(va)|pa)%size2M == 0 && n >= size2M:
			shift = 21
		}
		e := walk(va, shift, true)
		if e == nil {
			return false
		}
		*e = pa | bits
		if shift != 12 {
			*e = pa | arch.PTEBlock(bits)
		}
		va, pa, n = va+1<<shift, pa+1<<shift, n-1<<shift
	}
	return true
}

// MapDirect maps RAM [start, end) into the direct map. Edges are rounded out
// to 2 MiB so that few tables are needed; what lies beyond RAM is never used.
func MapDirect(start, end uint64) bool {
	start &^= size2M - 1
	end = (end + size2M - 1) &^ (size2M - 1)
	rw := (ProtRead | ProtWrite).bits()
	return mapPages(Addr(start), start, end-start, rw)
}

// MapImage maps the page-aligned part [start, end) of the image in place and
// declares it a region, so that it counts as the program's memory.
func MapImage(start, end uint64, p Prot) bool {
	start &^= PageSize - 1
	end = (end + PageSize - 1) &^ (PageSize - 1)
	first := start
	for ; start < end; start += PageSize {
		e := walk(uintptr(start), 12, true)
		if e == nil {
			return false
		}
		*e = arch.ImagePhys(start) | p.bits()
	}
	return declare(region{start: first, end: end, prot: p})
}

func (m *state) mapDevice(pa, n uint64) uintptr {
	if pa > MaxPhys || n > MaxPhys-pa {
		return 0
	}
	start := pa &^ (PageSize - 1)
	end := (pa + n + PageSize - 1) &^ (PageSize - 1)
	for ; start < end; start += PageSize {
		va := uintptr(deviceBase + start)
		e := walk(va, 12, true)
		if e == nil {
			return 0
		}
		*e = start | arch.PTEDevice
		arch.InvalidatePage(va)
	}
	return uintptr(deviceBase + pa)
}

// MapLow maps the page at physical address pa where it lies, executable, for a
// processor that turns on paging there; UnmapLow ends that.
func MapLow(pa uint64) bool {
	e := walk(uintptr(pa), 12, true)
	if e != nil {
		*e = pa | (ProtRead | ProtWrite | ProtExec).bits()
	}
	return e != nil
}

// UnmapLow ends MapLow.
func UnmapLow(pa uint64) {
	m.begin(pa, PageSize)
	*walk(uintptr(pa), 12, false) = 0
	arch.InvalidatePage(uintptr(pa))
	m.flush(span{pa, pa + PageSize})
	m.end()
}

// MapStack maps 2^order fresh frames below a guard page in the kernel's own
// area and returns the top of the stack, or 0. Processors that run already may
// be taking frames for their BSS, hence the lock.
func MapStack(order int) uintptr {
	n := uint64(PageSize << order)
	pa, ok := Alloc(order)
	if !ok {
		return 0
	}
	va := nextStack + PageSize // the page below stays unmapped
	nextStack = va + uintptr(n)
	m.lock.Lock()
	ok = mapPages(va, pa, n, (ProtRead | ProtWrite).bits())
	m.lock.Unlock()
	if !ok {
		return 0
	}
	arch.SyncTables()
	return va + uintptr(n)
}

// IsGuard reports whether va lies in the kernel stacks' area; an unmapped
// address there is a stack's guard page.
func IsGuard(va uintptr) bool { return va >= stackBase && va < nextStack }

const stackBase uintptr = 0xffffc00000000000

var nextStack = stackBase

// NewTables starts an empty set of page tables; Activate switches to it.
func NewTables() bool {
	pa, ok := frame()
	m.root = pa
	return ok
}

// Activate loads the page tables into this CPU.
func Activate() { arch.UseTables(m.root) }

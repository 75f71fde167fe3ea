package mem

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/alloc"
	"yolk/kernel/klog"
	"yolk/kernel/smp"
)

// What the rest of the kernel asks of this package once several CPUs may. Each
// function takes the lock; what it calls expects it to be held.

// Stats returns the frame allocator's counters.
func Stats() alloc.Stats {
	m.lock.Lock()
	s := m.frames.stats()
	s.Free += m.prepared()
	m.lock.Unlock()
	return s
}

// Faults returns how many pages were populated on demand.
func Faults() uint64 {
	m.lock.Lock()
	n := m.faults
	m.lock.Unlock()
	return n
}

// Alloc returns the physical address of 2^order zeroed, contiguous frames, or
// false when no such block is free.
func Alloc(order int) (pa uint64, ok bool) {
	m.lock.Lock()
	pa, ok = m.frames.alloc(order)
	m.lock.Unlock()
	if ok {
		clear(unsafe.Slice((*byte)(unsafe.Pointer(Addr(pa))), PageSize<<order))
	}
	return pa, ok
}

// Free gives back what Alloc returned for the same order.
func Free(pa uint64, order int) {
	m.lock.Lock()
	code := m.frames.free(pa, order)
	m.lock.Unlock()
	if code != alloc.OK {
		klog.Line(klog.Mem, klog.Error).Str("free of ").Hex(pa).Str(": ").Str(code.String()).End()
	}
}

// Frames notes the physical addresses of the heap's pages from va on, and returns of how
// many: up to the first that is not populated. What is in use of the heap keeps its frames.
func Frames(va uintptr, to []uint64) (n int) {
	m.lock.Lock()
	for all := true; all && n < len(to) && InHeap(va); {
		block := walk(va, largeShift, false)
		if block == nil || *block&arch.PTEPresent == 0 {
			break
		}
		for end := va&^(size2M-1) + size2M; all && n < len(to) && va < end; va += PageSize {
			if to[n], all = frameIn(*block, va); all {
				n++
			}
		}
	}
	m.lock.Unlock()
	return n
}

// frameIn returns the frame of the page at va, if it is populated, by its block's entry.
func frameIn(block uint64, va uintptr) (pa uint64, ok bool) {
	if !arch.PTEIsTable(block) {
		return block&arch.PTEAddr + uint64(va)&(size2M-PageSize), true
	}
	page := *entry(block&arch.PTEAddr, va>>12&511)
	return page & arch.PTEAddr, page&arch.PTEPresent != 0
}

// Map makes [va, va+n) accessible with protection p. With fixed it replaces
// what is there; otherwise va is a hint and another place is chosen when it is
// taken. It returns the address, or false when there is no room. The pages
// read as zero and cost nothing until they are touched.
func Map(va, n uint64, p Prot, fixed bool) (uint64, bool) {
	return m.mapContent(va, n, content{}, p, fixed)
}

// MapObject is Map of what object o has from page first on: writes to the mapping go to
// the object if it is Shared, and to copies of the pages otherwise. Beyond the object's
// size it cannot be accessed (FaultBus).
func MapObject(va, n uint64, o Object, first uint64, k Kind, p Prot, fixed bool) (uint64, bool) {
	return m.mapContent(va, n, content{first, o, k}, p, fixed)
}

// Move makes the n bytes mapped at va size bytes. Where there is no room behind them
// they go to another place, if they may; if place is not 0 they go there, where nothing
// is left of what was, and which does not overlap them. It returns where they are.
func Move(va, n, size uint64, may bool, place uint64) (uint64, Result) {
	m.begin(0, userEnd)
	va, r := m.move(va, n, size, may, place)
	m.end()
	return va, r
}

// Unmap forgets [va, va+n) and gives its frames back.
func Unmap(va, n uint64) bool {
	m.begin(va, n)
	ok := m.unmap(va, n)
	m.end()
	return ok
}

// A Result says what became of a change of the address space.
type Result uint8

const (
	Done     Result = iota
	NoMemory        // not all of it is mapped, or no frame is left for a table
	NoRegion        // it is not part of one region
	Denied          // a mapping that is ReadOnly
)

// Protect changes the protection of [va, va+n); every page of it must be in a
// region.
func Protect(va, n uint64, p Prot) Result {
	m.begin(va, n)
	r := m.protect(va, n, p)
	m.end()
	return r
}

// Lower tells whether [va, va+n) is in the part of the address space that programs map.
func Lower(va, n uint64) bool { return within(va, n) }

// Mapped reports whether a page of [va, va+n) is in a region.
func Mapped(va, n uint64) bool {
	m.lock.Lock()
	free := within(va, n) && m.regions.free(va, va+n)
	m.lock.Unlock()
	return !free
}

// Covered reports whether every page of [va, va+n) is in a region.
func Covered(va, n uint64) bool {
	m.lock.Lock()
	ok := within(va, n) && m.covered(va, n)
	m.lock.Unlock()
	return ok
}

// Remove takes the pages away that [va, va+n) shows of an object. It must be one
// region, shared and writable.
func Remove(va, n uint64) bool {
	m.begin(0, userEnd)
	ok := m.remove(va, n)
	m.end()
	return ok
}

// Discard drops the contents of [va, va+n), which then read as zero, and gives
// the frames back. The regions stay.
func Discard(va, n uint64) {
	m.begin(va, n)
	m.discard(va, n)
	m.end()
}

// FaultResult says what became of a page fault.
type FaultResult uint8

const (
	FaultBad    FaultResult = iota // no access there: the program's error
	FaultServed                    // populated: continue
	FaultShort                     // populated, with one of the last frames
	FaultNoMem                     // an access that is allowed, but RAM is used up
	FaultBus                       // beyond a file's end, or there is no room for its page

	faultWait  // the page is about to be gone: try again
	faultCopy  // a page that is an object's is to be copied
	faultLarge // a large page is to be made
)

// Fault serves a page fault at va; code is the processor's error code.
func Fault(va uintptr, code uint64) FaultResult {
	for {
		m.lock.Lock()
		r := m.fault(va, code)
		next := m.restock()
		m.lock.Unlock()
		prepare(next)
		switch r {
		case faultCopy:
			m.begin(uint64(va), 1)
			r = objects.copy(va)
			m.end()
		case faultLarge:
			m.enlarge(va)
			continue
		}
		if r != faultWait {
			return r
		}
		smp.Relax() // whoever discards it may be waiting for this processor
	}
}

// Shortage tells how short frames are, from 0 (not) to whole (none is left).
func Shortage(whole uint64) uint64 {
	m.lock.Lock()
	low, left := m.low, m.frames.left()
	m.lock.Unlock()
	if left >= low {
		return 0
	}
	return whole * (low - left) / low
}

// Populated reports whether the page at va has a frame.
func Populated(va uint64) bool {
	m.lock.Lock()
	ok := m.populated(va)
	m.lock.Unlock()
	return ok
}

// RegionEnd returns where the accessible region that holds va ends, or 0 when
// the program may not access va.
func RegionEnd(va uint64) uint64 {
	m.lock.Lock()
	end := m.regionEnd(va)
	m.lock.Unlock()
	return end
}

// MapDevice maps n bytes of device memory at pa, uncached, and returns where:
// deviceBase + pa. Returns 0 for an address beyond MaxPhys, and when no frame for a
// table is left.
func MapDevice(pa, n uint64) uintptr {
	m.lock.Lock()
	va := m.mapDevice(pa, n)
	m.lock.Unlock()
	return va
}

// Bytes returns the n bytes at va. Kernel code may touch program memory
// directly: a page that is missing is populated on the way.
func Bytes(va uintptr, n uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(va)), n)
}

// RegionAfter describes the first region that ends behind va.
func RegionAfter(va uint64) (r abi.Region, ok bool) {
	m.lock.Lock()
	if i := m.regions.find(va); i < m.regions.n {
		g := m.regions.at(i)
		r = abi.Region{Start: g.start, End: g.end, Object: uint64(g.object), First: g.first, Prot: uint64(g.prot)}
		if g.kind&Shared != 0 {
			r.Shared = 1
		}
		ok = true
	}
	m.lock.Unlock()
	return r, ok
}

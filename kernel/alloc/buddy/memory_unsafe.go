package buddy

import "unsafe"

// Offsets of the links in a free block.
const (
	linkNext = 0
	linkPrev = 8
)

// The accessors below turn direct + a physical address into a pointer. That is
// sound because the address lies in a range given to AddRange, which its
// caller mapped and gave up; no Go object lives there, so the garbage
// collector has no interest in it, and the pointer is gone when they return.

// at returns the virtual address of phys as a pointer.
func (a *Allocator) at(phys uint64) unsafe.Pointer {
	v := a.direct + uintptr(phys)
	return *(*unsafe.Pointer)(unsafe.Pointer(&v)) // integer to pointer, by way of memory
}

// load reads the 64-bit word at phys.
func (a *Allocator) load(phys uint64) uint64 { return *(*uint64)(a.at(phys)) }

// store writes the 64-bit word at phys.
func (a *Allocator) store(phys, v uint64) { *(*uint64)(a.at(phys)) = v }

// clear zeroes n bytes at phys.
func (a *Allocator) clear(phys, n uint64) {
	clear(unsafe.Slice((*byte)(a.at(phys)), n))
}

// mark returns the metadata byte of the frame at phys, which lies in span s.
func (a *Allocator) mark(s int, phys uint64) byte {
	return *(*byte)(a.at(a.markAddr(s, phys)))
}

// setMark sets the metadata byte of the frame at phys, which lies in span s.
func (a *Allocator) setMark(s int, phys uint64, m byte) {
	*(*byte)(a.at(a.markAddr(s, phys))) = m
}

// markAddr returns the physical address of a frame's metadata byte.
func (a *Allocator) markAddr(s int, phys uint64) uint64 {
	return a.spans[s].meta + (phys-a.spans[s].base)>>FrameShift
}

// The allocator lives in the kernel's data segment: keep it small.
const _ = uint(1024 - unsafe.Sizeof(Allocator{}))

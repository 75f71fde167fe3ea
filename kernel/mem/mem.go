// Package mem is the machine's memory: page frames, the kernel's page tables,
// and the one address space that the program lives in, populated on demand.
//
//	0                       unmapped: nil dereferences fault
//	image                   at its link address, text RX, rodata R, data RW
//	BSS                     zero pages, mapped when touched
//	deviceBase + physical   device registers, uncached, on request
//	regions of mmap         zero pages, mapped when touched, or pages of objects
//	Direct + physical       all RAM, RW and no-execute: page tables, DMA
//
// All functions run in kernel context with interrupts off. Those in calls.go
// may be called on any CPU; the others build the tables at boot. State is one
// variable in the data segment, because BSS is itself mapped by this package.
//
// It may import arch and kernel/{abi,alloc,klog,smp}.
package mem

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/alloc"
	"yolk/kernel/klog"
	"yolk/kernel/smp"
)

// Direct is where physical address 0 appears in the direct map.
const Direct = abi.Direct

// MaxPhys is the end of the physical addresses that the direct map has room for.
const MaxPhys = 1 << 46

// PageSize is the size of a page frame.
const PageSize = abi.PageSize

// lowShare is the part of all frames below which they are short.
const lowShare = 32

// Addr returns the direct-map address of physical address pa.
func Addr(pa uint64) uintptr { return uintptr(Direct + pa) }

// Phys returns the physical address of a direct-map address.
func Phys(va uintptr) uint64 { return uint64(va) - Direct }

var m = state{magic: 1}

type state struct {
	magic       uint64   // non-zero: keeps the state in the data segment
	lock        smp.Lock // guards the rest, the page tables included
	frames      frames
	root        uint64 // physical address of the top page table
	large1G     bool   // the processor has 1 GiB pages
	regions     regionTable
	regionOrder int    // size of the table's block of frames
	faults      uint64 // pages populated
	low         uint64 // bytes of frames; with fewer left the Go heap grows slowly

	spare uint64 // tables for all large pages, chained by their first entries; see place

	ready [abi.MaxCPUs]uint64 // see restock; each belongs to its processor, and m.lock

	changes [abi.MaxCPUs]change // what each processor changes; see begin
	tickets uint64              // how many changes have begun
	ended   uint64              // and ended

	lentOut uint64 // frames of all objects
	mostOut uint64 // and the most that there may be
	orphans uint64 // objects that are freed, but still mapped; linked by their heads
}

// Init prepares the frame allocator; AddRAM then gives it memory.
func Init(p Policy) {
	m.frames.prepare(p)
	m.large1G = arch.HasGiantPages()
}

// AddRAM hands the physical range [start, end) to the frame allocator.
func AddRAM(start, end uint64) {
	start = (start + PageSize - 1) &^ (PageSize - 1)
	end &^= PageSize - 1
	if end <= start {
		return
	}
	if code := m.frames.addRange(start, end); code != alloc.OK {
		klog.Line(klog.Mem, klog.Warn).Str("RAM from ").Hex(start).Str(" to ").Hex(end).Str(" is not used: ").Str(code.String()).End()
	}
	m.low = m.frames.stats().Total / lowShare
}

// frame returns a zeroed frame, or false.
func frame() (uint64, bool) {
	pa, ok := m.frames.frame()
	if ok {
		zero(pa)
	}
	return pa, ok
}

// zero clears a frame.
func zero(pa uint64) { clear((*[PageSize / 8]uint64)(unsafe.Pointer(Addr(pa)))[:]) }

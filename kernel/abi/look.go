package abi

import "unsafe"

// A Region is what SysRegion fills: a stretch of the address space, [Start, End).
type Region struct {
	Start, End uint64
	Object     uint64 // that it shows, 0: memory of nobody else
	First      uint64 // the object's page at Start
	Prot       uint64 // bits of mmap
	Shared     uint64 // 1: writes go to the object
}

// A Thread is what SysThread fills.
type Thread struct {
	ID      uint64
	Name    [16]byte // ends with a zero; of zeros: the program's
	Used    uint64   // ns that it ran
	Running uint64   // 1: on a processor or ready for one
	CPU     uint64   // where it is, or was last
}

// A Processor is what SysProcessor fills. What it says of itself is zero on arm64.
type Processor struct {
	Used     uint64   // ns that it ran threads
	Switches uint64   // from one thread to another, of all processors
	Kind     uint64   // family, model and stepping (CPUID leaf 1, EAX)
	Vendor   [16]byte // ends with a zero
	Brand    [48]byte // so does this
}

// Their sizes in bytes.
const (
	RegionSize    = uint64(unsafe.Sizeof(Region{}))
	ThreadSize    = uint64(unsafe.Sizeof(Thread{}))
	ProcessorSize = uint64(unsafe.Sizeof(Processor{}))
)

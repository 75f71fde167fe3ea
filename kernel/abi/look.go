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
	Waited  uint64   // ns that it was ready and did not run
	Runs    uint64   // times that it began to run
}

// A Processor is what SysProcessor fills. What it says of itself is zero on arm64.
type Processor struct {
	Used     uint64   // ns that it ran threads
	Waited   uint64   // ns that these were ready before it ran them
	Runs     uint64   // times that it began to run one
	Switches uint64   // from one thread to another, of all processors
	Kind     uint64   // family, model and stepping (CPUID leaf 1, EAX)
	Vendor   [16]byte // ends with a zero
	Brand    [48]byte // so does this
}

// Interrupts is what SysInterrupts fills: those that one processor has taken since boot.
type Interrupts struct {
	Timer   uint64         // of its own
	Between uint64         // from another processor, or itself
	Own     uint64         // that the kernel serves: power button, console's break
	Stray   uint64         // that nobody has
	Events  [Events]uint64 // by event
	Lines   [Events]uint32 // that an event is tied to, LineLevel included; 0: none, or by messages
}

// Resident is what SysResident fills: pages of [the address, Next) that have frames.
type Resident struct {
	Next    uint64 // where to go on; the end if that was all
	Own     uint64 // of no object
	Large   uint64 // of these, in large pages
	Lent    uint64 // an object's
	Written uint64 // of these, that the mapping may write to, or has written to
}

// Their sizes in bytes.
const (
	RegionSize    = uint64(unsafe.Sizeof(Region{}))
	ThreadSize    = uint64(unsafe.Sizeof(Thread{}))
	ProcessorSize = uint64(unsafe.Sizeof(Processor{}))

	InterruptsSize = uint64(unsafe.Sizeof(Interrupts{}))
	ResidentSize   = uint64(unsafe.Sizeof(Resident{}))
)

// Package abi holds what those must agree on who cannot see each other: the kernel,
// the goroutine world above it (kernel/posix), what boot/overlay puts into Go's
// runtime, and the tools that build and start images. It has constants only and
// imports nothing.
package abi

// Calls of Yolk's own, which trap: numbers beyond those of Linux. Arguments are in
// parentheses, after a colon the result.
const (
	SysConsoleWrite = SysFirst + iota // (p, n): bytes written
	SysPoll                           // (ns): wait for an interrupt event, a break or the time
	SysPollWake                       // (): end another thread's SysPoll
	SysDMAAlloc                       // (order): physical address of a block of 2^order pages
	SysDMAFree                        // (physical address, order)
	SysMapDevice                      // (physical address, n): virtual address
	SysFrames                         // (address, pages, *[FramesMost]uint64): how many pages from there on have frames, whose physical addresses it notes
	SysRandom                         // (p, n, how): getrandom, whose own number kernel/posix/file serves
	SysCrash                          // (how): break the kernel, for tests of its failing
	SysSeed                           // (*[SeedWords]uint64): seed the random number generator
	SysTimers                         // (): number of timers that run
	SysWatch                          // (word, val, ns): the monitor thread's wait
	SysPark                           // (word): the wait of a thread that has nothing to do, while the word is 0
	SysConsoleRead                    // (p, n): bytes of input that had arrived
	SysEventNew                       // (): number of a fresh event that interrupts can signal
	SysEventRoute                     // (event, line): have a line signal it
	SysEventMessage                   // (event, part, processor): address, part 0, or data, 1, of a message that signals it there
	SysEventOpen                      // (event): open its line again, a level whose cause was cleared
	SysEventFire                      // (event): signal it as an interrupt would
	SysObjectNew                      // (p, n, track): an object, at first like the n bytes at p; with track Clean knows it
	SysObjectSize                     // (object, n): set its size in bytes
	SysObjectFill                     // (object, page, n): of how many pages from there on it has frames now
	SysObjectDrop                     // (object, page, n): take frames away
	SysObjectFree                     // (object): no call with it follows
	SysObjectFrames                   // (most): frames of all objects, and how many there may be
	SysObjectMap                      // (address, n, protection, flags, object, page): mmap of an object, or of 0
	SysObjectClean                    // (object, page, n): which pages were written to in mappings, see ObjectShown
	SysObjectSync                     // (address, length, flags): whether msync of that is one
	SysRegion                         // (address, *Region): the first mapping that ends behind the address
	SysThread                         // (id, *Thread): the first thread whose ID is not below
	SysProcessor                      // (number, *Processor): one of the processors
	SysInterrupts                     // (number, *Interrupts): what that processor has taken
	SysResident                       // (address, end, *Resident): how much memory is in the pages there
	SysSignalTake                     // (set, keep): a signal of the set that came while the thread kept it off, 0: none; keep 1 leaves it
	SysSignalWatch                    // (set, event): have those of the set signal the event when they come
	SysStats                          // (*Stats): counters of the kernel's libraries

	SysFirst = 1001
)

// FramesMost is how many pages SysFrames tells of at most: those of 64 KiB, wherever they begin.
const FramesMost = 17

// RandomAnyway has SysRandom return what there is, though a device should seed the
// generator first: it has, or there is none that works.
const RandomAnyway = 1

// SeedWords is how many words SysSeed takes.
const SeedWords = 16

// Words of an object's head, the frame whose physical address names it
// (kernel/mem/object.go).
const (
	ObjectRoot   = iota // physical address of the top table
	ObjectHeight        // levels above the tables of frames, each of which has a page's
	ObjectFrames        // how many pages have a frame
	ObjectOwn           // this and what follows are the kernel's
	ObjectFanout = 512  // entries of a table: physical addresses, or 0
)

// ObjectDirty, in an entry of a table of frames, says that the page was written to.
const ObjectDirty = 1

// What SysObjectClean returns: the first page, from ObjectFirst on, how many pages there
// are, ObjectCount, which are clean from now on, and whether a mapping shows the object.
const (
	ObjectShown = 1 << 0
	ObjectCount = 1 // shift
	ObjectFirst = 16
	ObjectMost  = 1<<(ObjectFirst-ObjectCount) - 1
)

// ObjectNoWrite, beside the flags of mmap, has a mapping never allow writing.
const ObjectNoWrite = 1 << 32

const (
	// MaxCPUs is how many processors the kernel's tables have room for.
	MaxCPUs = 64
	// PageSize is the size of a page, and of a frame, in bytes.
	PageSize = 4096
	// Direct is where the kernel sees physical address 0: all RAM is mapped there,
	// in order.
	Direct = 0xffff800000000000
)

// Where images are linked: their first byte, the ELF header's, and their first
// instruction. An x86-64 image lies where it is loaded, above the first megabyte. An
// arm64 one is loaded anywhere and mapped at 4 GiB, with the offset that a loader
// keeps for it (Linux, Documentation/arch/arm64/booting.rst).
const (
	BaseAMD64 = 0x100000
	TextAMD64 = BaseAMD64 + PageSize
	BaseARM64 = 0x100080000
	TextARM64 = BaseARM64 + PageSize
)

// Interrupts. The runtime's poller, which the overlay replaces, has a bit for each event.
const (
	Events     = 256
	EventInput = 0 // the console has input

	// LineLevel in a line's number says that the device holds the line while it wants
	// attention, instead of giving a pulse.
	LineLevel = 1 << 16
)

//go:build arm64

package arm64

import "unsafe"

// Context is all the processor state of one thread. The assembler knows these
// offsets; see the constants below. It must lie at a multiple of 16, because a
// stack pointer points at it.
type Context struct {
	Frame
	FPSaved uint64 // 1: FPArea holds state that resume must load
	FPArea  uint64 // address of FPAreaSize bytes, a multiple of 16
	TLS     uint64 // kept for the shape of it: Go without cgo has g in R28
	_       uint64
}

// FPAreaSize is V0 to V31, then FPSR and FPCR.
const FPAreaSize = 32*16 + 2*8

// CPU is one processor's private state; TPIDR_EL1 points at it, so the entry
// code finds it without a lock or a lookup. The first fields are known to the
// assembler by offset.
type CPU struct {
	Self     uintptr // 0: address of this structure
	Context  uintptr // 8: the Context to resume
	StackTop uintptr // 16: kernel stack, empty
	G        uintptr // 24: the fake g that kernel code runs with
	StackLow uintptr // 32: lowest address of the kernel stack; a guard page is below
	Nested   uintptr // 40: top of the stack for what finds the kernel stack full

	ID    uintptr     // index, 0 is the boot processor
	MPIDR uint64      // affinity, by which firmware and the GIC know it
	g     [64]uintptr // 64: more than sizeof(runtime.g); only the stack bounds are used
}

// The assembler's offsets, checked here so that a changed field fails the build.
var (
	_ [40]byte  = [unsafe.Offsetof(CPU{}.Nested)]byte{}
	_ [64]byte  = [unsafe.Offsetof(CPU{}.g)]byte{}
	_ [272]byte = [unsafe.Offsetof(Frame{}.Orig0)]byte{}
	_ [280]byte = [unsafe.Offsetof(Context{}.FPSaved)]byte{}
	_ [288]byte = [unsafe.Offsetof(Context{}.FPArea)]byte{}
	_ [304]byte = [unsafe.Offsetof(Context{}.TLS) + 8]byte{}
)

// BootCPU is the processor that enters the image. It must lie in the data
// segment: BSS does not exist before the kernel maps it, hence the non-zero
// initialiser.
var BootCPU = CPU{StackTop: 1}

// affinity are the bits of MPIDR_EL1 that name a processor (D19.2.100).
const affinity = 0xff00ffffff

// Init completes what the entry code began, on the processor that c is for.
func (c *CPU) Init() { c.MPIDR = readMPIDR() & affinity }

// Prepare makes c ready to be the CPU of a processor that StartCPU wakes.
func (c *CPU) Prepare() {
	c.Self = uintptr(unsafe.Pointer(c))
	c.G = uintptr(unsafe.Pointer(&c.g))
}

// This returns the processor that executes the call. In the kernel it cannot
// change under the caller; in a goroutine it is only a hint.
func This() *CPU { return (*CPU)(unsafe.Pointer(readTPIDR())) }

// imageShift is the image's link address less its physical one. The entry code
// sets it; the initialiser keeps it in the data segment.
var imageShift uint64 = 1

// ImagePhys returns the physical address of an address in the loaded image.
func ImagePhys(va uint64) uint64 { return va - imageShift }

// BootArea is how many bytes of RAM below the image the entry code uses, for good:
// page tables through which every processor is started, then the boot stack.
const BootArea = 0x10000

// BootRAM: of RAM, the multiple of it that the image is in is mapped for the boot
// sequence, and of devices the first.
const BootRAM = 1 << 30

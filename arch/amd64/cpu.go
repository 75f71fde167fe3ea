//go:build amd64

package amd64

import "unsafe"

// Frame is the register image of an interrupted thread, laid out as the entry
// code pushes it (lowest address first) and as IRETQ pops its tail.
type Frame struct {
	R15, R14, R13, R12, R11, R10, R9, R8 uint64
	DI, SI, BP, DX, CX, BX, AX           uint64
	Vector, Error                        uint64
	PC, CS, Flags, SP, SS                uint64
}

// Context is all the processor state of one thread. The assembler knows these
// offsets; see the constants below.
type Context struct {
	Frame
	FPSaved uint64 // 1: FPArea holds state that Resume must load
	FPArea  uint64 // address of the XSAVE area, 64-byte aligned, FPAreaSize long
	TLS     uint64 // FS base: the runtime's thread-local storage
}

// VectorSyscall marks a Frame that SYSCALL made. Such a thread expects every
// register but RAX, RCX and R11 back and no flags, so it is resumed without
// IRETQ. Whoever rewrites a Frame's PC or flags must set another Vector.
const VectorSyscall = 256

// FPAreaSize is the XSAVE area for x87, SSE and AVX state (SDM 1, 13.4).
const FPAreaSize = 832

// CPU is one processor's private state; the GS base points at it, so the entry
// code finds it without a lock or a lookup. The first fields are known to the
// assembler by offset.
type CPU struct {
	Self     uintptr // 0: address of this structure
	Context  uintptr // 8: the Context to resume
	StackTop uintptr // 16: kernel stack, empty
	G        uintptr // 24: the fake g that kernel code runs with
	FS       uintptr // 32: FS base while in the kernel; g is at -8
	scratch  uintptr // 40: the thread's SP during SYSCALL entry
	InKernel uintptr // 48: 1 between entry and resume: a fault is the kernel's own
	Nested   uintptr // 56: XSAVE area for a fault inside the kernel

	ID      uintptr     // index, 0 is the boot processor
	tls     [2]uintptr  // 72: the second word is at FS
	g       [64]uintptr // 88: more than sizeof(runtime.g); only the stack bounds are used
	Clock   uintptr     // 600: this processor's PVClock, 0: none
	waiting uintptr     // 608: the SP of WaitForInterrupt, in which alone the kernel has interrupts on; 0: outside
	gdt     [5]uint64
	tss     [26]uint32
	desc    [2]uint64 // pseudo-descriptor operand of LGDT and LIDT

	NoEOI uint32 // KVM sets bit 0: the interrupt being served needs no EOI
}

// The assembler's offsets, checked here so that a changed field fails the build.
var (
	_ [48]byte  = [unsafe.Offsetof(CPU{}.InKernel)]byte{}
	_ [56]byte  = [unsafe.Offsetof(CPU{}.Nested)]byte{}
	_ [72]byte  = [unsafe.Offsetof(CPU{}.tls)]byte{}
	_ [88]byte  = [unsafe.Offsetof(CPU{}.g)]byte{}
	_ [600]byte = [unsafe.Offsetof(CPU{}.Clock)]byte{}
	_ [608]byte = [unsafe.Offsetof(CPU{}.waiting)]byte{}
	_ [176]byte = [unsafe.Offsetof(Context{}.FPSaved)]byte{}
	_ [192]byte = [unsafe.Offsetof(Context{}.TLS)]byte{}
)

// BootCPU is the processor that enters the image. It must lie in the data
// segment: BSS does not exist before the kernel maps it, hence the non-zero
// initialiser.
var BootCPU = CPU{InKernel: 1}

// This returns the processor that executes the call. In the kernel it cannot
// change under the caller; in a goroutine it is only a hint.
func This() *CPU { return (*CPU)(unsafe.Pointer(gsSelf())) }

// Control and status bits (SDM 3A, 2.5 and 2.2.1).
const (
	CR4FSGSBASE = 1 << 16
	CR4OSXSAVE  = 1 << 18

	MSRStar  = 0xc0000081
	MSRLStar = 0xc0000082
	MSRFMask = 0xc0000084

	FlagTF = 1 << 8
	FlagIF = 1 << 9
	FlagDF = 1 << 10
	FlagAC = 1 << 18

	SelCode = 0x08
	SelData = 0x10
	selTSS  = 0x18
)

// flatData describes the stack and data segment as SYSCALL loads it, 4 GiB and
// 32-bit, though 64-bit mode ignores both: QEMU keeps translated code by SS's
// default size, and with two sizes translated the runtime twice.
const flatData = 0x00cf92000000ffff

// Features read once by Init and used by the entry code.
var (
	hasXSave    uint8 = 2 // 2: not yet known
	hasFSGSBase uint8 = 2
)

// InitFeatures turns on the processor features the entry code uses. Call it
// once on the boot processor before Init.
func InitFeatures() {
	initHypercall()
	hasXSave, hasFSGSBase = 0, 0
	if enableXSave() {
		hasXSave = 1
	}
	if max, _, _, _ := CPUID(0, 0); max >= 7 {
		if _, b, _, _ := CPUID(7, 0); b&1 != 0 {
			hasFSGSBase = 1
		}
	}
}

// What XSAVE manages (SDM 1, 13.3): bits of XCR0, and the bytes that the area then
// has (SDM 1, 13.4). AVX-512 is left off; Go then does not use it.
const (
	xcr0SSE = 3 // x87 and SSE
	xcr0AVX = 7 // AVX too

	areaSSE = 576
)

// enableXSave turns XSAVE on and reports whether it does what it should: the size
// that CPUID computes from XCR0 must be that of the features just enabled. Where it
// is not, a hypervisor has another idea of XCR0 than we (QEMU up to 7.2 does not
// tell KVM under it), and XSAVE would leave registers out: it stays off, and with it
// AVX.
func enableXSave() bool {
	_, _, features, _ := CPUID(1, 0)
	if features&(1<<26) == 0 {
		return false
	}
	xcr0, want := uint64(xcr0SSE), uint32(areaSSE)
	if features&(1<<28) != 0 {
		xcr0, want = xcr0AVX, FPAreaSize
	}
	WriteCR4(ReadCR4() | CR4OSXSAVE)
	writeXCR0(xcr0)
	if _, size, _, _ := CPUID(0xd, 0); size == want {
		return true
	}
	WriteCR4(ReadCR4() &^ CR4OSXSAVE)
	return false
}

// Init loads c's descriptor tables and the system-call entry. idt is the
// address of a page that InitIDT filled; stacks are the tops of the kernel
// stack and of the exception, interrupt and double-fault stacks.
func (c *CPU) Init(idt uintptr) {
	c.Self = uintptr(unsafe.Pointer(c))
	if hasFSGSBase == 1 {
		WriteCR4(ReadCR4() | CR4FSGSBASE)
	}
	if hasXSave == 1 {
		enableXSave()
	}
	c.gdt = [5]uint64{0, 0x00209a0000000000, flatData}
	base := uint64(uintptr(unsafe.Pointer(&c.tss)))
	c.gdt[3] = 103 | base&0xffffff<<16 | 0x89<<40 | base>>24&0xff<<56
	c.gdt[4] = base >> 32
	c.tss[25] = 104 << 16 // no I/O bitmap
	c.load(uintptr(unsafe.Pointer(&c.gdt)), 39, loadGDT)
	c.load(idt, 4095, loadIDT)
	loadTR(selTSS)
	WriteMSR(MSRStar, SelCode<<32)
	WriteMSR(MSRLStar, uint64(syscallEntryPC()))
	WriteMSR(MSRFMask, FlagIF|FlagTF|FlagDF|FlagAC)
}

func (c *CPU) load(table uintptr, limit uint16, insn func(uintptr)) {
	d := uintptr(unsafe.Pointer(&c.desc))
	*(*uint16)(unsafe.Pointer(d)) = limit
	*(*uint64)(unsafe.Pointer(d + 2)) = uint64(table)
	insn(d)
}

// Interrupt stack table slots (SDM 3A, 6.14.5). Goroutine stacks have no
// headroom, so nothing is ever pushed on them.
const (
	ISTException   = 1
	ISTInterrupt   = 2
	ISTDoubleFault = 3
)

// SetIST sets the stack that vectors using slot switch to.
func (c *CPU) SetIST(slot int, top uintptr) {
	c.tss[7+2*slot] = uint32(top)
	c.tss[8+2*slot] = uint32(uint64(top) >> 32)
}

// InitIDT fills one page with gates for all 256 vectors (SDM 3A, 6.14.1).
func InitIDT(page uintptr) {
	idt := (*[512]uint64)(unsafe.Pointer(page))
	base := uint64(vectorTablePC())
	for v := uint64(0); v < 256; v++ {
		ist := uint64(ISTInterrupt)
		switch {
		case v == 8 || v == 2:
			ist = ISTDoubleFault
		case v < 32:
			ist = ISTException
		}
		pc := base + v*vectorStride
		idt[2*v] = pc&0xffff | SelCode<<16 | ist<<32 | 0x8e<<40 | pc>>16&0xffff<<48
		idt[2*v+1] = pc >> 32
	}
}

// vectorStride is the size of one entry of the vector table, a near CALL.
const vectorStride = 5

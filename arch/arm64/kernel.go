//go:build arm64

package arm64

// What the kernel supplies, by push linkname from package kernel. A direct
// import would point the wrong way; func values are called through because a
// direct call from the entry code would count the kernel's whole call tree
// against the linker's nosplit limit.

// kernelBoot runs once, on the boot stack, with BSS not yet mapped; tree is the
// physical address of the device tree, or 0. The Context that BootCPU names when
// it returns is resumed.
func kernelBoot(tree uintptr)

// kernelSecondary is where a processor arrives that StartCPU woke, on its kernel
// stack and with the boot sequence's page tables. The Context that c names when
// it returns is resumed.
func kernelSecondary(c *CPU)

// kernelSyscall serves a trapped system call. f is part of the current Context.
func kernelSyscall(f *Frame)

// kernelFault serves an exception with its syndrome and address (ESR_EL1,
// FAR_EL1). nested says that the kernel itself faulted; then returning continues
// the kernel.
func kernelFault(f *Frame, esr, addr uint64, nested bool)

// kernelInterrupt serves an interrupt.
func kernelInterrupt()

// kernelUnexpected is for exceptions that no configuration of ours allows. It
// does not return.
func kernelUnexpected(esr, pc uint64)

var (
	bootFn       = kernelBoot
	secondaryFn  = kernelSecondary
	syscallFn    = kernelSyscall
	faultFn      = kernelFault
	interruptFn  = kernelInterrupt
	unexpectedFn = kernelUnexpected
)

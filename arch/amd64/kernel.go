//go:build amd64

package amd64

// What the kernel supplies, by push linkname from package kernel. A direct
// import would point the wrong way; func values are called through because a
// direct call from the entry code would count the kernel's whole call tree
// against the linker's nosplit limit.

// kernelBoot runs once, on the boot stack, with BSS not yet mapped. The
// Context that BootCPU names when it returns is resumed.
func kernelBoot(startInfo uintptr)

// kernelSecondary runs once on every other processor, on its kernel stack. The
// Context that c names when it returns is resumed.
func kernelSecondary(c *CPU)

// kernelSyscall serves a trapped system call. f is part of the current Context.
func kernelSyscall(f *Frame)

// kernelFault serves an exception. nested says that the kernel itself faulted;
// then f is on the exception stack and returning continues the kernel.
func kernelFault(f *Frame, addr uintptr, nested bool)

// kernelInterrupt serves an external interrupt.
func kernelInterrupt(vector uintptr)

var (
	bootFn      = kernelBoot
	secondaryFn = kernelSecondary
	syscallFn   = kernelSyscall
	faultFn     = kernelFault
	interruptFn = kernelInterrupt
)

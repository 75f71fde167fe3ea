package trap

import (
	_ "unsafe" // for go:linkname

	"yolk/arch/amd64"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/smp"
	"yolk/kernel/syscalls"
)

// The ways into the kernel, which arch/amd64's entry code calls.

//go:linkname syscall yolk/arch/amd64.kernelSyscall
func syscall(f *amd64.Frame) { syscalls.Syscall(f) }

//go:linkname interrupt yolk/arch/amd64.kernelInterrupt
func interrupt(vector uintptr) {
	attend(irq.Interrupt(int(vector)))
	if sched.Idle() {
		return // into the idle loop, which looks for work itself
	}
	sched.Preempt()
	syscalls.Interrupted()
}

//go:linkname fault yolk/arch/amd64.kernelFault
func fault(f *amd64.Frame, addr uintptr, nested bool) {
	switch f.Vector {
	case amd64.VectorPage:
		switch mem.Fault(addr, f.Error) {
		case mem.FaultServed:
			return
		case mem.FaultShort:
			if !nested {
				throttle(addr)
			}
			return
		case mem.FaultNoMem:
			if nested {
				outOfMemory()
			}
			starve(addr)
			return
		case mem.FaultBus:
			if !nested {
				syscalls.BusError(uint64(addr))
				return
			}
		}
	case amd64.VectorNMI:
		if smp.Stopping() {
			smp.Halt()
		}
		return
	case amd64.VectorDoubleFlt:
		broken(f, addr, "double fault (kernel stack overflow?)")
	}
	if nested {
		kernelFault(f, addr)
	}
	syscalls.Exception(f.Vector, uint64(addr))
}

// kernelFault ends the machine because the kernel itself did something wrong.
func kernelFault(f *amd64.Frame, addr uintptr) {
	switch {
	case f.Vector == amd64.VectorPage && mem.IsGuard(addr):
		broken(f, addr, "kernel stack overflow")
	case f.Vector == amd64.VectorPage:
		broken(f, addr, "page fault in kernel context")
	case f.Vector >= irq.VectorTimer:
		broken(f, addr, "an interrupt was delivered twice")
	}
	broken(f, addr, "exception in kernel context")
}

func broken(f *amd64.Frame, addr uintptr, what string) {
	shutdown.Fatal(shutdown.StatusKernel, klog.Last().
		Str("\nyolk: ").Str(what).Str(": vector ").Uint(f.Vector).
		Str(", error ").Hex(f.Error).Str(", address ").Hex(uint64(addr)).
		Str(", ip ").Hex(f.PC).Str(", sp ").Hex(f.SP).
		Str("; this is a bug in Yolk"))
}

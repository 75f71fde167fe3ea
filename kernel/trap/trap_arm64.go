package trap

import (
	_ "unsafe" // for go:linkname

	"yolk/arch/arm64"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/syscalls"
)

// The ways into the kernel, which arch/arm64's entry code calls.

//go:linkname syscall yolk/arch/arm64.kernelSyscall
func syscall(f *arm64.Frame) { syscalls.Syscall(f) }

//go:linkname interrupt yolk/arch/arm64.kernelInterrupt
func interrupt() {
	attend(irq.Interrupt())
	if sched.Idle() {
		return // into the idle loop, which looks for work itself
	}
	sched.Preempt()
	syscalls.Interrupted()
}

//go:linkname fault yolk/arch/arm64.kernelFault
func fault(f *arm64.Frame, esr, addr uint64, nested bool) {
	if code, ok := arm64.PageFault(esr); ok {
		switch mem.Fault(uintptr(addr), code) {
		case mem.FaultServed:
			return
		case mem.FaultShort:
			if !nested {
				throttle(uintptr(addr))
			}
			return
		case mem.FaultNoMem:
			if nested {
				outOfMemory()
			}
			starve(uintptr(addr))
			return
		case mem.FaultBus:
			if !nested {
				syscalls.BusError(addr)
				return
			}
		}
	}
	if f.PC == uint64(arm64.SemihostPC()) {
		f.PC += 4 // nobody serves semihosting: see package shutdown
		return
	}
	if nested {
		kernelFault(f, esr, addr)
	}
	syscalls.Exception(esr, addr)
}

//go:linkname unexpected yolk/arch/arm64.kernelUnexpected
func unexpected(esr, pc uint64) {
	broken(&arm64.Frame{PC: pc}, esr, 0, "exception that nothing should cause")
}

// kernelFault ends the machine because the kernel itself did something wrong.
func kernelFault(f *arm64.Frame, esr, addr uint64) {
	_, page := arm64.PageFault(esr)
	switch {
	case page && mem.IsGuard(uintptr(addr)):
		broken(f, esr, addr, "kernel stack overflow")
	case page:
		broken(f, esr, addr, "page fault in kernel context")
	}
	broken(f, esr, addr, "exception in kernel context")
}

func broken(f *arm64.Frame, esr, addr uint64, what string) {
	shutdown.Fatal(shutdown.StatusKernel, klog.Last().
		Str("\nyolk: ").Str(what).Str(": syndrome ").Hex(esr).
		Str(", address ").Hex(addr).
		Str(", pc ").Hex(f.PC).Str(", sp ").Hex(f.SP).Str(", lr ").Hex(f.X[30]).
		Str("; this is a bug in Yolk"))
}

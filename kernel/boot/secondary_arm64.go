package boot

import (
	"unsafe"

	"yolk/arch/arm64"
	"yolk/kernel/abi"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
	"yolk/kernel/syscalls"
)

// Processors returns how many the device tree names, at least 1.
func Processors(t *fdt.Tree) int {
	n := 0
	for n < abi.MaxCPUs {
		if _, ok := t.CPU(n); !ok {
			break
		}
		n++
	}
	return max(n, 1)
}

// startOthers starts the processors that the machine has beside this one, one
// after the other. Each finds itself a thread or halts until there is one.
func startOthers(t *fdt.Tree) {
	smp.Join(smp.Name())
	n := Processors(t)
	if n == 1 {
		return
	}
	for i := range n {
		if c, _ := t.CPU(i); c.ID != arm64.BootCPU.MPIDR && !start(&c) {
			// It may still come: its number must be no one else's.
			klog.Line(klog.Boot, klog.Warn).Str("the processor with affinity ").Hex(c.ID).Str(" did not start; those after it are not used").End()
			return
		}
	}
	klog.Line(klog.Boot, klog.Info).Uint(uint64(smp.Count())).Str(" processors").End()
}

// start brings up one processor and reports whether it came.
func start(of *fdt.CPU) bool {
	pa, ok := mem.Alloc(0)
	if !ok {
		return false
	}
	c := (*arm64.CPU)(unsafe.Pointer(mem.Addr(pa)))
	c.ID, c.MPIDR = uintptr(smp.Count()), of.ID
	c.Prepare()
	return initStacks(c) && machine.This.Start(c, *of) && arrived(c.ID)
}

const _ = uint(mem.PageSize - unsafe.Sizeof(arm64.CPU{}))

// secondary is what a started processor does first.
//
//go:linkname secondary yolk/arch/arm64.kernelSecondary
func secondary(c *arm64.CPU) {
	c.Init()
	arm64.StopTimer()
	if !machine.This.InitCPU() {
		arm64.Halt()
	}
	smp.Join(smp.Name())
	sched.Secondary()
	syscalls.Interrupted()
}

package kernel

import (
	"unsafe"

	"yolk/arch/amd64"
	"yolk/kernel/clock"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/linux"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
)

// startTime is how long a processor may take to come up, in ns.
const startTime = 200e6

// startOthers starts the processors that the machine has beside this one, one
// after the other. Each finds itself a thread or halts until there is one.
func startOthers(l *loader) {
	smp.Join(clock.APIC.ID())
	n := processors(l)
	if n == 1 || !mem.MapLow(lowBoot) {
		return
	}
	for i := range n {
		if id := apicIDs[i]; id != clock.APIC.ID() && !start(id) {
			klog.Line(klog.Warn).Str("the processor with APIC id ").Uint(uint64(id)).Str(" did not start").End()
		}
	}
	mem.UnmapLow(lowBoot)
	klog.Line(klog.Info).Uint(uint64(smp.Count())).Str(" processors").End()
}

// start brings up one processor and reports whether it came.
func start(apic uint32) bool {
	pa, ok := mem.Alloc(0)
	if !ok {
		return false
	}
	c := (*amd64.CPU)(unsafe.Pointer(mem.Addr(pa)))
	c.ID = uintptr(smp.Count())
	if !initStacks(c) {
		return false
	}
	amd64.WriteTrampoline(lowBoot, mem.Addr(lowBoot), c)
	smp.Start(apic, lowBoot)
	for end := clock.Now() + startTime; smp.Count() == int(c.ID); {
		if clock.Now() > end {
			return false
		}
		amd64.Pause()
	}
	return true
}

const _ = uint(mem.PageSize - unsafe.Sizeof(amd64.CPU{}))

// secondary is what a started processor does first.
//
//go:linkname secondary yolk/arch/amd64.kernelSecondary
func secondary(c *amd64.CPU) {
	c.Init(mem.Addr(lowIDT))
	clock.APIC.Enable()
	clock.InitTimer(irq.VectorTimer)
	smp.Join(clock.APIC.ID())
	sched.Secondary()
	linux.Interrupted()
}

// QEMU's firmware configuration device (docs/specs/fw_cfg.rst): how many
// processors there are, on a machine whose loader passes no ACPI tables.
const (
	fwSelect = 0x510
	fwData   = 0x511
	fwMagic  = 0 // "QEMU"
	fwCPUs   = 5
)

// apicIDs are the local APICs of the processors that the machine has.
var apicIDs [smp.MaxCPU]uint32

func processors(*loader) int {
	amd64.Out16(fwSelect, fwMagic)
	for _, c := range [4]byte{'Q', 'E', 'M', 'U'} {
		if amd64.In8(fwData) != c {
			return 1
		}
	}
	amd64.Out16(fwSelect, fwCPUs)
	n := int(amd64.In8(fwData))
	n |= int(amd64.In8(fwData)) << 8
	n = max(1, min(n, len(apicIDs)))
	for i := range n {
		apicIDs[i] = uint32(i)
	}
	return n
}

package boot

import (
	"unsafe"

	"yolk/arch/amd64"
	"yolk/kernel/abi"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/clock"
	"yolk/kernel/firmware/acpi"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
	"yolk/kernel/syscalls"
)

// startOthers starts the processors that the machine has beside this one, one
// after the other. Each finds itself a thread or halts until there is one.
func startOthers(l *machine.Loader) {
	n := processors(l)
	if n > 1 && smp.HostTells() {
		if pa, ok := mem.Alloc(0); ok {
			smp.UseRecords(pa, mem.Addr(pa))
		}
	}
	smp.Join(smp.Name())
	if n == 1 || !mem.MapLow(lowBoot) {
		return
	}
	for i := range n {
		if id := apicIDs[i]; id != smp.Name() && !start(id) {
			// It may still come: its page stays, and its number is no one else's.
			klog.Line(klog.Boot, klog.Warn).Str("the processor with APIC id ").Uint(uint64(id)).Str(" did not start; those after it are not used").End()
			return
		}
	}
	mem.UnmapLow(lowBoot)
	klog.Line(klog.Boot, klog.Info).Uint(uint64(smp.Count())).Str(" processors").End()
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
	return arrived(c.ID)
}

const _ = uint(mem.PageSize - unsafe.Sizeof(amd64.CPU{}))

// secondary is what a started processor does first.
//
//go:linkname secondary yolk/arch/amd64.kernelSecondary
func secondary(c *amd64.CPU) {
	c.Init(mem.Addr(lowIDT))
	lapic.Enable()
	lapic.SkipEOI(mem.Phys(uintptr(unsafe.Pointer(&c.NoEOI))))
	clock.InitCPU(irq.VectorTimer)
	smp.Join(smp.Name())
	sched.Secondary()
	syscalls.Interrupted()
}

// apicIDs are the local APICs of the processors that the machine has.
var apicIDs [abi.MaxCPUs]uint32

// processors fills apicIDs from the ACPI tables or, on a machine without, from the
// number that the machine says, and returns how many there are. It is asked first
// because the answer 1 spares reading the tables.
func processors(l *machine.Loader) int {
	n, ok := machine.This.CPUs()
	if ok && n == 1 || l.Firmware == 0 {
		n = max(1, min(n, len(apicIDs)))
		for i := range n {
			apicIDs[i] = uint32(i)
		}
		return n
	}
	tables, code := ACPI()
	if code == acpi.OK {
		var m acpi.MADT
		if m, code = tables.MADT(); code == acpi.OK {
			return listed(&m)
		}
	}
	klog.Line(klog.Boot, klog.Warn).Str("only one processor is used: ").Str(code.Error()).End()
	return 1
}

// listed fills apicIDs from the processors that m lists. Those that need x2APIC
// mode are left out.
func listed(m *acpi.MADT) int {
	n := 0
	for i := 0; n < len(apicIDs); i++ {
		c, ok := m.CPU(i)
		if !ok {
			break
		}
		if c.APIC < 255 {
			apicIDs[n] = c.APIC
			n++
		}
	}
	return max(1, n)
}

// ACPI opens the firmware's tables; without any they are empty.
func ACPI() (acpi.Tables, acpi.Code) { return acpi.Open(physical, machine.Loaded.Firmware) }

// FindACPI looks for the firmware's tables that the loader has not mentioned.
func FindACPI() {
	if at, ok := acpi.Search(physical); ok {
		machine.Loaded.Firmware = at
	}
}

// physical returns n bytes at physical address pa, or false where there is no memory.
// The direct map shows it in blocks of 2 MiB; the firmware's tables lie in the same one as
// the end of RAM, or below 1 MiB.
func physical(pa uint64, n int) ([]byte, bool) {
	const block = 2 << 20
	for i := range machine.Loaded.N {
		r := &machine.Loaded.RAM[i]
		if start, end := r.Addr&^(block-1), (r.End()+block-1)&^(block-1); pa >= start && pa < end && uint64(n) <= end-pa {
			return mem.Bytes(mem.Addr(pa), uint64(n)), true
		}
	}
	return nil, false
}

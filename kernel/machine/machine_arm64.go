package machine

import (
	"yolk/arch/arm64"
	"yolk/kernel/firmware/fdt"
)

// Find is documented at [Machine]. t is the device tree.
type Find func(start uintptr) (t fdt.Tree, why string)

// ByArch is what only Arm's machines are asked, which have as many interrupt controllers
// as makers.
type ByArch struct {
	// Map keeps the registers that Find uses where they are, in the kernel's own page
	// tables, before these are used.
	Map func() bool

	// Interrupts starts the interrupt controller on the boot processor; it returns what
	// is wrong, or "". InitCPU lets the calling processor take interrupts, of the others
	// and of its timer.
	Interrupts func(t fdt.Tree) (why string)
	InitCPU    func() bool

	// Line returns an interrupt of the device tree as package irq numbers lines: up to
	// 15 between processors, up to 31 of one, the timer's among them, then devices.
	Line func(i fdt.Interrupt) (line int, ok bool)

	// Start makes a processor that the tree names enter the kernel.
	Start func(c *arm64.CPU, of fdt.CPU) bool

	// Unique tells that no copy of this machine's memory goes on elsewhere.
	Unique func() bool

	Controller
}

// A Controller is the interrupt controller. The functions may be called by any processor
// at any time, but for Enable, Direct and NewMessage: one caller at a time.
type Controller struct {
	Lines func() int // how many there are

	// Acknowledge takes a pending interrupt and returns its number, gic.MaxLine or above
	// when there is none, and what Served wants, which lets it come again.
	Acknowledge func() (line int, token uint32)
	Served      func(token uint32)

	// Enable lets the interrupt of a device through to the boot processor, triggered by
	// its line's level or by its edges. Mask keeps it from the processors, Unmask lets
	// it through again.
	Enable       func(line int, level bool)
	Mask, Unmask func(line int)

	// Direct leads the interrupt of a device to the processor that Send knows by a name.
	// It is for those of NewMessage.
	Direct func(line int, name uint32)

	// NewMessage returns an interrupt that a device raises by writing data to addr; ok
	// is false when there is none.
	NewMessage func() (line int, addr uint64, data uint32, ok bool)

	// Name is what Send calls the calling processor by. Send interrupts the processor
	// of that name; what was written before is visible to it.
	Name func() uint32
	Send func(name uint32)
}

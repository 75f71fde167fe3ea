package boot

import (
	"yolk/arch/arm64"
	"yolk/kernel/chip/gic"
	"yolk/kernel/chip/uart"
	"yolk/kernel/clock"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/smp"
)

// What the boot sequence asks of the device tree.

// firmware returns how PSCI is called.
func firmware(t *fdt.Tree) arm64.Conduit {
	switch t.PSCI() {
	case fdt.ConduitHVC:
		return arm64.ByHVC
	case fdt.ConduitSMC:
		return arm64.BySMC
	}
	return arm64.NoFirmware
}

// usualConsole is where virtual machines have their PL011 (QEMU hw/arm/virt.c and
// those that take after it): where to say that the device tree cannot be read.
const usualConsole = 0x09000000

// console is the physical address of the console's registers, 0 for none, in
// the data segment.
var console = struct{ magic, pa, size uint64 }{magic: 1}

// setConsole makes the serial port of /chosen the console, or else the first
// PL011.
func setConsole(t *fdt.Tree, l *loader) {
	if onBoard() {
		setBoardConsole(t, l)
		return
	}
	n, _, ok := t.Stdout()
	if !ok || !t.Is(n, "arm,pl011") {
		n, ok = t.Compatible(fdt.Root, "arm,pl011")
	}
	if !ok {
		return
	}
	r, ok := t.Address(n, 0)
	if !ok || r.Addr >= arm64.BootRAM {
		return // not mapped before the kernel's own tables
	}
	console.pa, console.size = r.Addr, mem.PageSize
	klog.SetConsole(uart.PL011, mem.Addr(r.Addr))
}

// mapConsole keeps the console where it is in the kernel's own tables.
func mapConsole() bool {
	if onBoard() {
		return mapBoard()
	}
	return console.pa == 0 || mem.MapDevice(console.pa, console.size) != 0
}

// ConsoleLine returns the console's interrupt.
func ConsoleLine() (line int, ok bool) {
	if onBoard() {
		return boardConsoleLine()
	}
	t, ok := DeviceTree()
	if !ok {
		return 0, false
	}
	for n, ok := t.Compatible(fdt.Root, "arm,pl011"); ok; n, ok = t.Compatible(n, "arm,pl011") {
		if r, ok := t.Address(n, 0); ok && r.Addr == console.pa {
			i, ok1 := t.Interrupt(n, 0)
			line, ok2 := InterruptLine(i)
			return line, ok1 && ok2
		}
	}
	return 0, false
}

// redistributors is where those of a GICv3 are mapped.
var redistributors fdt.Range

// initInterrupts starts the interrupt controller on the boot processor. It
// returns what is wrong, or "".
func initInterrupts(t *fdt.Tree) (why string) {
	if _, ok := t.Compatible(fdt.Root, "brcm,bcm2836-l1-intc"); ok {
		smp.Chip.UseBoard(mem.Addr)
		initCPUInterrupts()
		initBoardRandom()
		return ""
	}
	c := &smp.Chip.GIC
	if why = mapGIC(t, c); why != "" {
		return why
	}
	setTimerLine(t)
	if !c.Init() || !initCPUInterrupts() {
		return "the interrupt controller does not answer"
	}
	if n, ok := t.Compatible(fdt.Root, "arm,gic-v2m-frame"); ok {
		if r, ok := t.Address(n, 0); ok {
			if c.Frame.Base = mem.MapDevice(r.Addr, mem.PageSize); c.Frame.Base != 0 {
				c.UseFrame(r.Addr)
			}
		}
	}
	return ""
}

// mapGIC finds the controller's version and maps its registers. It returns what is
// wrong, or "".
func mapGIC(t *fdt.Tree, c *gic.Chip) (why string) {
	n, ok := t.Compatible(fdt.Root, "arm,gic-v3")
	if ok {
		c.Version = gic.V3
	} else {
		if n, ok = t.Compatible(fdt.Root, "arm,cortex-a15-gic"); !ok {
			n, ok = t.Compatible(fdt.Root, "arm,gic-400")
		}
		c.Version = gic.V2
	}
	if !ok {
		return "the device tree names no interrupt controller that this kernel knows (GICv2, GICv3)"
	}
	dist, ok1 := t.Address(n, 0)
	second, ok2 := t.Address(n, 1)
	if !ok1 || !ok2 || c.Version == gic.V3 && !arm64.HasGICRegisters() {
		return "the interrupt controller's registers cannot be reached"
	}
	// Of the redistributors only as many as there are processors: emulators leave
	// room for hundreds.
	second.Size = min(second.Size, uint64(processors(t))*gic.RedistributorSize)
	c.Dist.Base = mem.MapDevice(dist.Addr, min(dist.Size, gic.DistributorSize))
	at := mem.MapDevice(second.Addr, second.Size)
	if c.Dist.Base == 0 || at == 0 {
		return "the interrupt controller's registers cannot be mapped"
	}
	redistributors = fdt.Range{Addr: uint64(at), Size: second.Size}
	c.CPU.Base = at
	return ""
}

// setTimerLine finds the interrupt of each processor's virtual timer, unless it is
// the usual one.
func setTimerLine(t *fdt.Tree) {
	timer, ok := t.Compatible(fdt.Root, "arm,armv8-timer")
	if !ok {
		return
	}
	const virtual = 2 // secure, physical, virtual, hypervisor
	i, _ := t.Interrupt(timer, virtual)
	if line, ok := InterruptLine(i); ok && line&^irq.Level < gic.FirstSPI {
		irq.Timer = line &^ irq.Level
	}
}

// initCPUInterrupts lets the calling processor take interrupts.
func initCPUInterrupts() bool {
	return smp.Chip.InitCPU(irq.Timer, uintptr(redistributors.Addr), uintptr(redistributors.Size))
}

// initWall sets the wall clock from the real-time clock.
func initWall(t *fdt.Tree) {
	n, ok := t.Compatible(fdt.Root, "arm,pl031")
	if !ok {
		return
	}
	if r, ok := t.Address(n, 0); ok {
		if va := mem.MapDevice(r.Addr, mem.PageSize); va != 0 {
			clock.InitWall(va)
		}
	}
}

package machine

import (
	"yolk/arch/arm64"
	"yolk/kernel/boot"
	"yolk/kernel/chip/gic"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
)

// chip is the interrupt controller. The initialiser keeps it in the data segment, like
// the rest of the state.
var chip = gic.Chip{Version: gic.V2}

// sgi is the interrupt that one processor sends another.
const sgi = 1

// redistributors is where those of a GICv3 are mapped.
var redistributors fdt.Range

// interrupts starts the controller on the boot processor.
func interrupts(t fdt.Tree) (why string) {
	if why = mapGIC(&t); why != "" {
		return why
	}
	setTimerLine(&t)
	if !chip.Init() || !initCPU() {
		return "the interrupt controller does not answer"
	}
	if n, ok := t.Compatible(fdt.Root, "arm,gic-v2m-frame"); ok {
		if r, ok := t.Address(n, 0); ok {
			if chip.Frame.Base = mem.MapDevice(r.Addr, mem.PageSize); chip.Frame.Base != 0 {
				chip.UseFrame(r.Addr)
			}
		}
	}
	return ""
}

// mapGIC finds the controller's version and maps its registers. It returns what is
// wrong, or "".
func mapGIC(t *fdt.Tree) (why string) {
	n, ok := t.Compatible(fdt.Root, "arm,gic-v3")
	if ok {
		chip.Version = gic.V3
	} else {
		if n, ok = t.Compatible(fdt.Root, "arm,cortex-a15-gic"); !ok {
			n, ok = t.Compatible(fdt.Root, "arm,gic-400")
		}
		chip.Version = gic.V2
	}
	if !ok {
		return "the device tree names no interrupt controller that this kernel knows (GICv2, GICv3)"
	}
	dist, ok1 := t.Address(n, 0)
	second, ok2 := t.Address(n, 1)
	if !ok1 || !ok2 || chip.Version == gic.V3 && !arm64.HasGICRegisters() {
		return "the interrupt controller's registers cannot be reached"
	}
	// Of the redistributors only as many as there are processors: emulators leave
	// room for hundreds.
	second.Size = min(second.Size, uint64(boot.Processors(t))*gic.RedistributorSize)
	chip.Dist.Base = mem.MapDevice(dist.Addr, min(dist.Size, gic.DistributorSize))
	at := mem.MapDevice(second.Addr, second.Size)
	if chip.Dist.Base == 0 || at == 0 {
		return "the interrupt controller's registers cannot be mapped"
	}
	redistributors = fdt.Range{Addr: uint64(at), Size: second.Size}
	chip.CPU.Base = at
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
	if n, ok := line(i); ok && n&^irq.Level < gic.FirstSPI {
		irq.Timer = n &^ irq.Level
	}
}

func initCPU() bool {
	return chip.InitCPU(irq.Timer, uintptr(redistributors.Addr), uintptr(redistributors.Size))
}

// Cells of the GIC's interrupt specifiers (Linux Documentation/devicetree/
// bindings/interrupt-controller/arm,gic.yaml).
const (
	cellKind  = 0 // 0 SPI, 1 PPI
	cellLine  = 1
	cellFlags = 2

	kindSPI  = 0
	kindPPI  = 1
	edgeMask = 3 // flags: rising 1, falling 2, high 4, low 8
)

// line reads a specifier of the GIC.
func line(i fdt.Interrupt) (line int, ok bool) {
	if i.N < 3 || i.Cells[cellLine] >= gic.MaxLine {
		return 0, false
	}
	line = int(i.Cells[cellLine])
	switch i.Cells[cellKind] {
	case kindSPI:
		line += gic.FirstSPI
	case kindPPI:
		line += gic.FirstPPI
	default:
		return 0, false
	}
	if i.Cells[cellFlags]&edgeMask == 0 {
		line |= irq.Level
	}
	return line, line&^irq.Level < gic.MaxLine
}

// chip's methods, as the kernel calls them.
func lines() int                                                { return chip.Lines() }
func acknowledge() (line int, token uint32)                     { return chip.Acknowledge() }
func served(token uint32)                                       { chip.End(token) }
func enable(line int, level bool)                               { chip.Enable(line, level) }
func mask(line int)                                             { chip.Mask(line) }
func unmask(line int)                                           { chip.Unmask(line) }
func direct(line int, name uint32)                              { chip.Direct(line, name) }
func newMessage() (line int, addr uint64, data uint32, ok bool) { return chip.NewMessage() }
func name() uint32                                              { return chip.Name() }
func send(name uint32)                                          { chip.Send(name, sgi) }

package boot

import (
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/gic"
	"yolk/kernel/cmdline"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
)

// tree is where the device tree is, which stays for good; size 0: there is none.
// The magic number keeps it in the data segment.
var tree = struct{ magic, pa, size uint64 }{magic: 1}

// DeviceTree returns the machine's description; ok is false when the loader
// passed none, or one that cannot be read.
func DeviceTree() (t fdt.Tree, ok bool) {
	if tree.size == 0 {
		return t, false
	}
	t, code := fdt.Open(mem.Bytes(mem.Addr(tree.pa), tree.size))
	return t, code == fdt.OK
}

// MMIODevices calls f for each virtio-mmio slot of the device tree.
func MMIODevices(f func(cmdline.MMIODevice)) {
	t, ok := DeviceTree()
	if !ok {
		return
	}
	for n, ok := t.Compatible(fdt.Root, "virtio,mmio"); ok; n, ok = t.Compatible(n, "virtio,mmio") {
		regs, ok1 := t.Address(n, 0)
		i, ok2 := t.Interrupt(n, 0)
		line, ok3 := InterruptLine(i)
		if ok1 && ok2 && ok3 && t.Enabled(n) {
			f(cmdline.MMIODevice{Base: regs.Addr, Size: regs.Size, IRQ: uint32(line)})
		}
	}
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

// boardLine reads a specifier of the Raspberry Pi's peripheral controller: a bank,
// 0 for the ARM side's own, and a number in it (Linux Documentation/devicetree/
// bindings/interrupt-controller/brcm,bcm2835-armctrl-ic.yaml).
func boardLine(i fdt.Interrupt) (line int, ok bool) {
	bank, number := i.Cells[0], i.Cells[1]
	switch {
	case i.N != 2 || bank > 2 || number > 31 || bank == 0 && number > 7:
		return 0, false
	case bank == 0:
		number += 64
	default:
		number += (bank - 1) * 32
	}
	return bcm2837.LineDevice + int(number) | irq.Level, true
}

// InterruptLine returns an interrupt of the device tree as package irq numbers
// it.
func InterruptLine(i fdt.Interrupt) (line int, ok bool) {
	if onBoard() {
		return boardLine(i)
	}
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

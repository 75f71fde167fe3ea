package boot

import (
	"unsafe"

	"yolk/arch/arm64"
	"yolk/kernel/clock"
	"yolk/kernel/cmdline"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

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

// ReadTree opens the device tree at physical address pa, and notes in machine.Loaded
// where RAM and the command line are.
func ReadTree(pa uint64) (t fdt.Tree, code fdt.Code) {
	if pa == 0 || !Mapped(pa, fdt.HeaderSize) {
		return t, fdt.ErrShort
	}
	size, code := fdt.Size(mem.Bytes(mem.Addr(pa), fdt.HeaderSize))
	if code != fdt.OK {
		return t, code
	}
	if !Mapped(pa, uint64(size)) {
		return t, fdt.ErrCut
	}
	tree.pa, tree.size = pa, uint64(size)
	if t, code = fdt.Open(mem.Bytes(mem.Addr(pa), tree.size)); code != fdt.OK {
		return t, code
	}
	l := &machine.Loaded
	l.Firmware = pa
	for l.N < len(l.RAM) {
		r, ok := t.Memory(l.N)
		if !ok {
			break
		}
		// What the direct map has no room for is not used.
		start := min(r.Addr, mem.MaxPhys)
		l.RAM[l.N] = machine.Range{Addr: start, Size: min(r.Addr+r.Size, mem.MaxPhys) - start}
		l.N++
	}
	if args, ok := t.Bootargs(); ok && len(args) > 0 {
		l.CommandLine = mem.Phys(uintptr(unsafe.Pointer(unsafe.SliceData(args))))
	}
	return t, fdt.OK
}

// Mapped tells whether n bytes at pa are mapped for the boot sequence: the GiB that
// the image is in.
func Mapped(pa, n uint64) bool {
	start := arm64.ImagePhys(imageBase) &^ (arm64.BootRAM - 1)
	return pa >= start && pa+n >= pa && pa+n <= start+arm64.BootRAM
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
		line, ok3 := machine.This.Line(i)
		if ok1 && ok2 && ok3 && t.Enabled(n) {
			f(cmdline.MMIODevice{Base: regs.Addr, Size: regs.Size, IRQ: uint32(line)})
		}
	}
}

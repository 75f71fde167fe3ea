//go:build yolk

package bus

import (
	"yolk/kernel/boot"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/machine"
)

// cfgPin is of header type 0 (PCI Local Bus 3.0, 6.1).
const cfgPin = 0x3c // R interrupt pin << 8

// Windows of a host bridge, by the space code in bits 25:24 of the first cell
// (IEEE Std 1275-1994 PCI binding, 2.2.1.1).
const spaceMemory = 2

// hostBridge finds the bridge to the first PCI bus in the device tree.
func hostBridge() (tree fdt.Tree, node fdt.Node, ok bool) {
	if tree, ok = boot.DeviceTree(); ok {
		node, ok = tree.Compatible(fdt.Root, "pci-host-ecam-generic")
	}
	return tree, node, ok
}

// host returns the way to the configuration space and the window of 32-bit memory.
// One that shows the bus other addresses than the processor has is not used.
func host() (access, ranges, bool) {
	tree, node, ok := hostBridge()
	if !ok {
		return nil, ranges{}, false
	}
	space, ok := tree.Address(node, 0)
	if !ok || space.Size < busSize {
		return nil, ranges{}, false
	}
	r := ranges{buses: window{1, min(space.Size/busSize, buses)}}
	for i := 0; ; i++ {
		w, ok := tree.Window(node, i)
		if !ok {
			return nil, ranges{}, false
		}
		if w.Space>>24&3 == spaceMemory && w.Bus == w.Addr && w.Bus+w.Size <= 1<<32 {
			r.memory = window{w.Addr, (w.Addr + w.Size) &^ (granule - 1)}
			break
		}
	}
	return ecam(space.Addr, r.buses.end), r, true
}

// line returns the interrupt that the function's pin leads to.
func (f *function) line() (int, bool) {
	tree, node, ok := hostBridge()
	if !ok {
		return 0, false
	}
	at, pin := f.origin(uint8(f.Read32(cfgPin) >> 8))
	i, ok := tree.PCIInterrupt(node, at.device, at.function, pin)
	if !ok {
		return 0, false
	}
	return machine.This.Line(i)
}

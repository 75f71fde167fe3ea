//go:build yolk

package bus

import (
	"sync"

	"yolk/kernel"
	"yolk/kernel/fdt"
)

// PCI configuration space in memory (PCI Express Base Specification 5.0, 7.2.2):
// 4 KiB for each function, 8 functions for each of the 32 devices of a bus.
const (
	slots        = 32
	slotSize     = 8 * functionSize
	functionSize = 4096

	none = 0xffff // vendor id where there is no device
)

// cfgHeader and cfgPin are of header type 0 (PCI Local Bus 3.0, 6.1).
const (
	cfgHeader = 0x0c // R header type << 16
	cfgPin    = 0x3c // R interrupt pin << 8
)

// A host is the bridge to the first PCI bus, as the device tree describes it.
type host struct {
	tree fdt.Tree
	node fdt.Node
	free ranges
}

var bus struct {
	once      sync.Once
	host      host
	functions []function
}

// functions returns the devices of the first PCI bus. There is no firmware that
// would have assigned their addresses: that is done here, once.
func functions(logf func(string, ...any)) []function {
	bus.once.Do(func() {
		if bus.host.find() {
			bus.functions = bus.host.scan(logf)
		}
	})
	return bus.functions
}

// Windows of a host bridge, by the space code in bits 25:24 of the first cell
// (IEEE Std 1275-1994 PCI binding, 2.2.1.1).
const spaceMemory = 2

// find looks for the bridge and its window of 32-bit memory. One that shows the
// bus other addresses than the processor has is not used.
func (h *host) find() bool {
	var ok bool
	if h.tree, ok = kernel.DeviceTree(); !ok {
		return false
	}
	if h.node, ok = h.tree.Compatible(fdt.Root, "pci-host-ecam-generic"); !ok {
		return false
	}
	for i := 0; ; i++ {
		w, ok := h.tree.Window(h.node, i)
		if !ok {
			return false
		}
		if w.Space>>24&3 == spaceMemory && w.Bus == w.Addr && w.Bus+w.Size <= 1<<32 {
			h.free.memory = window{w.Addr, w.Addr + w.Size}
			return true
		}
	}
}

// scan returns the devices that are there and have addresses.
func (h *host) scan(logf func(string, ...any)) (found []function) {
	space, ok := h.tree.Address(h.node, 0)
	if !ok || space.Size < slots*slotSize {
		return nil
	}
	for slot := range uint8(slots) {
		cfg, err := mapRegisters(space.Addr+uint64(slot)*slotSize, functionSize)
		if err != nil {
			logf("PCI: %v", err)
			return found
		}
		if cfg.Read32(0)&0xffff == none || cfg.Read32(cfgHeader)>>16&0x7f != 0 {
			continue
		}
		if err := h.free.assign(cfg); err != nil {
			logf("PCI 0:%d: %v", slot, err)
			continue
		}
		found = append(found, function{cfg, slot})
	}
	return found
}

// line returns the interrupt that the function's pin leads to.
func (f function) line() (int, bool) {
	pin := uint8(f.Read32(cfgPin) >> 8)
	i, ok := bus.host.tree.PCIInterrupt(bus.host.node, f.slot, 0, pin)
	if !ok {
		return 0, false
	}
	return kernel.InterruptLine(i)
}

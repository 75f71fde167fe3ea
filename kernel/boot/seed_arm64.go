package boot

import "yolk/kernel/mem"

// pciConfig reads the configuration space of a slot of the first PCI bus.
func pciConfig(slot, off uint32) uint32 {
	tree, ok := DeviceTree()
	if !ok {
		return 0
	}
	host, ok := tree.Compatible(0, "pci-host-ecam-generic")
	if !ok {
		return 0
	}
	// One page for each function (PCI Express 5.0, 7.2.2): 32 slots of 8.
	space, ok := tree.Address(host, 0)
	if !ok || space.Size < pciSlots<<15 {
		return 0
	}
	va := mem.MapDevice(space.Addr+uint64(slot)<<15, mem.PageSize)
	if va == 0 {
		return 0
	}
	return *register(va + uintptr(off))
}

package boot

import "yolk/arch/amd64"

// PCI configuration by ports (PCI Local Bus 3.0, 3.2.2.3.2: mechanism 1).
const (
	pciAddress = 0xcf8
	pciData    = 0xcfc
	pciEnable  = 1 << 31
)

// pciConfig reads the configuration space of a slot of the first PCI bus.
func pciConfig(slot, off uint32) uint32 {
	amd64.Out32(pciAddress, pciEnable|slot<<11|off)
	return amd64.In32(pciData)
}

//go:build yolk

package bus

import (
	"yolk/drivers/virtio"
	virtiopci "yolk/drivers/virtio/pci"
)

// PCI configuration space in memory (PCI Express Base Specification 5.0, 7.2.2):
// 4 KiB for each function, 8 functions for each of the 32 devices of a bus.
const (
	functionSize = 4096
	busSize      = devices * functions * functionSize
)

// ecam returns the way to the configuration space at a physical address, of that
// many buses. A bus is mapped when it is looked at.
func ecam(base, n uint64) access {
	mapped := make([]virtio.Region, n)
	return func(a bdf) (cfg virtiopci.ConfigSpace, err error) {
		if mapped[a.bus] == nil {
			if mapped[a.bus], err = mapRegisters(base+uint64(a.bus)*busSize, busSize); err != nil {
				return nil, err
			}
		}
		at := (uint32(a.device)*functions + uint32(a.function)) * functionSize
		return virtio.SubRegion(mapped[a.bus], at, functionSize), nil
	}
}

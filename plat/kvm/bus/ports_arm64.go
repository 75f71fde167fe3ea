//go:build yolk

package bus

import "yolk/drivers/virtio"

// ports is nil: the processor has no I/O ports, legacy PCI devices are refused.
var ports func(port uint16, n uint32) (virtio.Region, error)

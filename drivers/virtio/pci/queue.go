package pci

import (
	"fmt"

	"yolk/drivers/virtio"
)

// MaxQueueSize implements virtio.Transport. queue_size reads as the maximum only
// between reset and SetupQueue.
func (t *modern) MaxQueueSize(queue int) int {
	if queue < 0 || queue >= int(t.common.Read16(regNumQueues)) {
		return 0
	}
	t.common.Write16(regQueueSelect, uint16(queue))
	return int(min(t.common.Read16(regQueueSize), virtio.MaxSize))
}

// SetupQueue implements virtio.Transport, in the order of 4.1.5.1.3.
func (t *modern) SetupQueue(queue, size int, a virtio.QueueAddresses) error {
	if limit := t.MaxQueueSize(queue); limit == 0 || size > limit {
		return fmt.Errorf("%w: queue %d of size %d, at most %d", virtio.ErrNoQueue, queue, size, limit)
	}
	t.common.Write16(regQueueSize, uint16(size))
	if err := t.setVector(queue, t.common, regQueueVector); err != nil {
		return err
	}
	// The doorbell's place comes from the device: it must lie in the structure
	// the device announced (4.1.4.4.1).
	off := uint64(t.common.Read16(regQueueNotifyOff)) * uint64(t.notifyMultiplier)
	if off%2 != 0 || off+2 > uint64(t.notify.Len()) {
		return fmt.Errorf("%w: doorbell of queue %d at %#x of %#x", ErrCapability, queue, off, t.notify.Len())
	}
	for len(t.doorbells) <= queue {
		t.doorbells = append(t.doorbells, 0)
	}
	t.doorbells[queue] = uint32(off)
	t.write64(regQueueDesc, a.Descriptors)
	t.write64(regQueueDriver, a.Driver)
	t.write64(regQueueDevice, a.Device)
	t.common.Write16(regQueueEnable, 1)
	return nil
}

// write64 uses two 32-bit accesses, as 4.1.3.1 asks for 64-bit fields.
func (t *modern) write64(off uint32, v uint64) {
	t.common.Write32(off, uint32(v))
	t.common.Write32(off+4, uint32(v>>32))
}

// Notify implements virtio.Transport (4.1.5.2, without NOTIFICATION_DATA).
func (t *modern) Notify(queue int) { t.notify.Write16(t.doorbells[queue], uint16(queue)) }

// setVector gives the selected queue, or the configuration change when queue is
// virtio.ConfigVector, its message interrupt through register reg of r and checks
// that the device took it (4.1.5.1.2): it may lack the resources.
func (f *function) setVector(queue int, r virtio.Region, reg uint32) error {
	if f.msix == nil {
		return nil
	}
	v := uint16(noVector)
	if addr, data, ok := f.plat.Vector(queue); ok {
		entry := queue + 1 // 0 is the configuration's
		if err := f.msix.program(entry, addr, data); err != nil {
			return err
		}
		v = uint16(entry)
	}
	r.Write16(reg, v)
	if got := r.Read16(reg); got != v {
		return fmt.Errorf("%w: queue %d, wrote %#x, reads %#x", ErrVector, queue, v, got)
	}
	return nil
}

// SetupConfigInterrupt implements virtio.Transport. Without MSI-X the change
// shares the line anyway.
func (t *modern) SetupConfigInterrupt() error {
	return t.setVector(virtio.ConfigVector, t.common, regConfigVector)
}

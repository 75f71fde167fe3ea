// Package mmio is the virtio transport over memory-mapped registers (VIRTIO 1.2,
// 4.2), as on QEMU's microvm and virt machines and on Firecracker. Version 2
// devices only; the legacy interface (4.2.4) is refused with advice.
package mmio

import (
	"errors"
	"fmt"

	"yolk/drivers/virtio"
)

// Registers (4.2.2, table 4.1), all 32 bits wide.
const (
	regMagic             = 0x000 // R  "virt"
	regVersion           = 0x004 // R  2
	regDeviceID          = 0x008 // R  0: no device behind this window
	regDeviceFeatures    = 0x010 // R  32 bits chosen by the selector
	regDeviceFeaturesSel = 0x014 // W
	regDriverFeatures    = 0x020 // W
	regDriverFeaturesSel = 0x024 // W
	regQueueSel          = 0x030 // W
	regQueueNumMax       = 0x034 // R  0: no such queue
	regQueueNum          = 0x038 // W
	regQueueReady        = 0x044 // RW
	regQueueNotify       = 0x050 // W  queue number
	regInterruptStatus   = 0x060 // R
	regInterruptACK      = 0x064 // W  write 1 to clear
	regStatus            = 0x070 // RW 0 resets
	regQueueDescLow      = 0x080 // W
	regQueueDescHigh     = 0x084 // W
	regQueueDriverLow    = 0x090 // W
	regQueueDriverHigh   = 0x094 // W
	regQueueDeviceLow    = 0x0a0 // W
	regQueueDeviceHigh   = 0x0a4 // W
	regConfigGeneration  = 0x0fc // R
	regConfig            = 0x100 // RW device-specific
)

const (
	magic   = 0x74726976 // "virt", little-endian
	version = 2
)

// Errors of New.
var (
	ErrNotVirtio = errors.New("virtio-mmio: no virtio device here (bad magic)")
	ErrNoDevice  = errors.New("virtio-mmio: empty slot (device id 0)")
	ErrLegacy    = errors.New("virtio-mmio: legacy device (version 1); start QEMU with -global virtio-mmio.force-legacy=false")
	ErrVersion   = errors.New("virtio-mmio: unknown version")
	ErrInUse     = errors.New("virtio-mmio: queue is already in use (QueueReady is 1)")
)

// Transport is a virtio.Transport.
type Transport struct {
	regs   virtio.Region
	config virtio.Region
}

var _ virtio.Transport = (*Transport)(nil)

// New looks at the registers (512 bytes on QEMU) and returns a transport if a
// device answers. It changes nothing.
func New(regs virtio.Region) (*Transport, error) {
	if regs.Len() < regConfig || regs.Read32(regMagic) != magic {
		return nil, ErrNotVirtio
	}
	switch v := regs.Read32(regVersion); v {
	case version:
	case 1:
		return nil, ErrLegacy
	default:
		return nil, fmt.Errorf("%w %d", ErrVersion, v)
	}
	if regs.Read32(regDeviceID) == 0 {
		return nil, ErrNoDevice
	}
	t := &Transport{regs: regs}
	if regs.Len() > regConfig {
		t.config = virtio.SubRegion(regs, regConfig, regs.Len()-regConfig)
	}
	return t, nil
}

// DeviceID is the kind of device.
func (t *Transport) DeviceID() virtio.DeviceID {
	return virtio.DeviceID(t.regs.Read32(regDeviceID))
}

// Reset implements virtio.Transport.
func (t *Transport) Reset() error {
	t.regs.Write32(regStatus, 0)
	if err := virtio.WaitReset(t.Status); err != nil {
		return fmt.Errorf("mmio Status: %w", err)
	}
	return nil
}

// Status implements virtio.Transport.
func (t *Transport) Status() virtio.Status { return virtio.Status(t.regs.Read32(regStatus)) }

// SetStatus implements virtio.Transport.
func (t *Transport) SetStatus(s virtio.Status) { t.regs.Write32(regStatus, uint32(s)) }

// DeviceFeatures implements virtio.Transport.
func (t *Transport) DeviceFeatures() virtio.Feature {
	t.regs.Write32(regDeviceFeaturesSel, 0)
	low := t.regs.Read32(regDeviceFeatures)
	t.regs.Write32(regDeviceFeaturesSel, 1)
	high := t.regs.Read32(regDeviceFeatures)
	return virtio.Feature(high)<<32 | virtio.Feature(low)
}

// SetDriverFeatures implements virtio.Transport.
func (t *Transport) SetDriverFeatures(f virtio.Feature) {
	t.regs.Write32(regDriverFeaturesSel, 0)
	t.regs.Write32(regDriverFeatures, uint32(f))
	t.regs.Write32(regDriverFeaturesSel, 1)
	t.regs.Write32(regDriverFeatures, uint32(f>>32))
}

// MaxQueueSize implements virtio.Transport.
func (t *Transport) MaxQueueSize(queue int) int {
	t.regs.Write32(regQueueSel, uint32(queue))
	return int(min(t.regs.Read32(regQueueNumMax), virtio.MaxSize))
}

// SetupQueue implements virtio.Transport, in the order of 4.2.3.2. The interrupt
// is the device's one line.
func (t *Transport) SetupQueue(queue, size int, a virtio.QueueAddresses) error {
	if limit := t.MaxQueueSize(queue); limit == 0 || size > limit {
		return fmt.Errorf("%w: queue %d of size %d, at most %d", virtio.ErrNoQueue, queue, size, limit)
	}
	if t.regs.Read32(regQueueReady) != 0 {
		return fmt.Errorf("%w: queue %d", ErrInUse, queue)
	}
	t.regs.Write32(regQueueNum, uint32(size))
	t.write64(regQueueDescLow, regQueueDescHigh, a.Descriptors)
	t.write64(regQueueDriverLow, regQueueDriverHigh, a.Driver)
	t.write64(regQueueDeviceLow, regQueueDeviceHigh, a.Device)
	t.regs.Write32(regQueueReady, 1)
	return nil
}

func (t *Transport) write64(low, high uint32, v uint64) {
	t.regs.Write32(low, uint32(v))
	t.regs.Write32(high, uint32(v>>32))
}

// Notify implements virtio.Transport (4.2.3.3, without NOTIFICATION_DATA).
func (t *Transport) Notify(queue int) { t.regs.Write32(regQueueNotify, uint32(queue)) }

// Config implements virtio.Transport.
func (t *Transport) Config() virtio.Region { return t.config }

// ConfigGeneration implements virtio.Transport.
func (t *Transport) ConfigGeneration() uint32 { return t.regs.Read32(regConfigGeneration) }

// Acknowledge implements virtio.Transport (4.2.3.4): the top half calls it, else
// a level-triggered line stays raised.
func (t *Transport) Acknowledge() virtio.Interrupt {
	causes := t.regs.Read32(regInterruptStatus)
	if causes != 0 {
		t.regs.Write32(regInterruptACK, causes)
	}
	return virtio.Interrupt(causes)
}

// Package mmio is the virtio transport over memory-mapped registers (VIRTIO 1.2,
// 4.2), as on QEMU's microvm and virt machines and on Firecracker: version 2, and
// the legacy interface, version 1 (4.2.4).
package mmio

import (
	"errors"
	"fmt"

	"yolk/drivers/virtio"
)

// Registers (4.2.2, table 4.1), all 32 bits wide.
const (
	regMagic             = 0x000 // R  "virt"
	regVersion           = 0x004 // R  2; legacy: 1
	regDeviceID          = 0x008 // R  0: no device behind this window
	regDeviceFeatures    = 0x010 // R  32 bits chosen by the selector
	regDeviceFeaturesSel = 0x014 // W
	regDriverFeatures    = 0x020 // W
	regDriverFeaturesSel = 0x024 // W
	regGuestPageSize     = 0x028 // W  legacy: bytes that QueuePFN counts in
	regQueueSel          = 0x030 // W
	regQueueNumMax       = 0x034 // R  0: no such queue
	regQueueNum          = 0x038 // W
	regQueueAlign        = 0x03c // W  legacy: of the used part of the ring
	regQueuePFN          = 0x040 // RW legacy: page number of the ring, 0: disabled
	regQueueReady        = 0x044 // RW
	regQueueNotify       = 0x050 // W  queue number
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
	magic         = 0x74726976 // "virt", little-endian
	version       = 2
	versionLegacy = 1
	pageShift     = 12 // of QueuePFN, as written to GuestPageSize
)

// Errors of New.
var (
	ErrNotVirtio = errors.New("virtio-mmio: no virtio device here (bad magic)")
	ErrNoDevice  = errors.New("virtio-mmio: empty slot (device id 0)")
	ErrVersion   = errors.New("virtio-mmio: unknown version")
	ErrInUse     = errors.New("virtio-mmio: queue is already in use (QueueReady or QueuePFN is not 0)")
)

// Transport is a virtio.Transport.
type Transport struct {
	regs   virtio.Region
	config virtio.Region
	legacy bool
}

var _ virtio.Transport = (*Transport)(nil)

// New looks at the registers (512 bytes on QEMU) and returns a transport if a
// device answers. It changes nothing.
func New(regs virtio.Region) (*Transport, error) {
	if regs.Len() < regConfig || regs.Read32(regMagic) != magic {
		return nil, ErrNotVirtio
	}
	v := regs.Read32(regVersion)
	if v != version && v != versionLegacy {
		return nil, fmt.Errorf("%w %d", ErrVersion, v)
	}
	if regs.Read32(regDeviceID) == 0 {
		return nil, ErrNoDevice
	}
	t := &Transport{regs: regs, legacy: v == versionLegacy}
	if regs.Len() > regConfig {
		t.config = virtio.SubRegion(regs, regConfig, regs.Len()-regConfig)
	}
	return t, nil
}

// DeviceID is the kind of device.
func (t *Transport) DeviceID() virtio.DeviceID {
	return virtio.DeviceID(t.regs.Read32(regDeviceID))
}

// Legacy implements virtio.Transport.
func (t *Transport) Legacy() bool { return t.legacy }

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

// DeviceFeatures implements virtio.Transport. A legacy device has the first 32;
// what it answers to the selector's 1 is not defined.
func (t *Transport) DeviceFeatures() virtio.Feature {
	t.regs.Write32(regDeviceFeaturesSel, 0)
	low := t.regs.Read32(regDeviceFeatures)
	if t.legacy {
		return virtio.Feature(low)
	}
	t.regs.Write32(regDeviceFeaturesSel, 1)
	high := t.regs.Read32(regDeviceFeatures)
	return virtio.Feature(high)<<32 | virtio.Feature(low)
}

// SetDriverFeatures implements virtio.Transport.
func (t *Transport) SetDriverFeatures(f virtio.Feature) {
	t.regs.Write32(regDriverFeaturesSel, 0)
	t.regs.Write32(regDriverFeatures, uint32(f))
	if t.legacy {
		return
	}
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
	if t.legacy {
		return t.setupLegacy(queue, size, a)
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

// setupLegacy is SetupQueue for version 1, in the order of 4.2.4. The device
// finds the parts of the ring from the page it starts on.
func (t *Transport) setupLegacy(queue, size int, a virtio.QueueAddresses) error {
	if t.regs.Read32(regQueuePFN) != 0 {
		return fmt.Errorf("%w: queue %d", ErrInUse, queue)
	}
	page := a.Descriptors >> pageShift
	if a.Descriptors&(1<<pageShift-1) != 0 || page == 0 || page > 0xffffffff {
		return fmt.Errorf("%w: ring at %#x, want a page below 16 TiB", virtio.ErrRing, a.Descriptors)
	}
	t.regs.Write32(regGuestPageSize, 1<<pageShift)
	t.regs.Write32(regQueueNum, uint32(size))
	t.regs.Write32(regQueueAlign, virtio.LegacyAlign)
	t.regs.Write32(regQueuePFN, uint32(page))
	return nil
}

// SetupConfigInterrupt implements virtio.Transport: it is the device's one line.
func (t *Transport) SetupConfigInterrupt() error { return nil }

func (t *Transport) write64(low, high uint32, v uint64) {
	t.regs.Write32(low, uint32(v))
	t.regs.Write32(high, uint32(v>>32))
}

// Notify implements virtio.Transport (4.2.3.3, without NOTIFICATION_DATA).
func (t *Transport) Notify(queue int) { t.regs.Write32(regQueueNotify, uint32(queue)) }

// Config implements virtio.Transport.
func (t *Transport) Config() virtio.Region { return t.config }

// ConfigGeneration implements virtio.Transport; version 1 has none (2.5.4).
func (t *Transport) ConfigGeneration() uint32 {
	if t.legacy {
		return 0
	}
	return t.regs.Read32(regConfigGeneration)
}

// Acknowledge implements virtio.Transport (4.2.3.4): else a level-triggered line stays
// raised. It does not ask for the causes, an exit more under a hypervisor: there are
// two, and one that comes just now is seen by who looks afterwards.
func (t *Transport) Acknowledge() {
	t.regs.Write32(regInterruptACK, uint32(virtio.InterruptQueue|virtio.InterruptConfig))
}

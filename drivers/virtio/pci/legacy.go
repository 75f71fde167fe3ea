package pci

import (
	"fmt"

	"yolk/drivers/virtio"
)

// Legacy registers, in I/O ports (4.1.4.10).
const (
	legDeviceFeatures = 0x00 // R  32
	legDriverFeatures = 0x04 // RW 32
	legQueueAddress   = 0x08 // RW 32 page number of the ring, 0: disabled
	legQueueSize      = 0x0c // R  16 fixed by the device, 0: no such queue
	legQueueSelect    = 0x0e // RW 16
	legQueueNotify    = 0x10 // RW 16
	legStatus         = 0x12 // RW 8
	legISR            = 0x13 // R  8
	legConfigVector   = 0x14 // RW 16, with MSI-X enabled
	legQueueVector    = 0x16 // RW 16, with MSI-X enabled
	legConfig         = 0x14 // device configuration, with MSI-X disabled
	legConfigMSIX     = 0x18 // and enabled

	legPageShift = 12 // of legQueueAddress
)

// legacyConfig is how much device configuration is looked at: it ends where the
// BAR does, and no legacy device driven here has more.
const legacyConfig = 12

// legacy is a device of before version 1, as QEMU makes with disable-modern=on.
type legacy struct {
	function
	regs   virtio.Region
	config virtio.Region
}

// open makes the registers accessible.
func (t *legacy) open() error {
	port, err := portBAR(t.cfg, 0)
	if err != nil {
		return err
	}
	t.regs, err = t.plat.Ports(port, legConfigMSIX+legacyConfig)
	return err
}

// Legacy implements virtio.Transport.
func (t *legacy) Legacy() bool { return true }

// Reset implements virtio.Transport.
func (t *legacy) Reset() error {
	t.regs.Write8(legStatus, 0)
	if err := virtio.WaitReset(t.Status); err != nil {
		return fmt.Errorf("legacy pci device_status: %w", err)
	}
	return nil
}

// Status implements virtio.Transport.
func (t *legacy) Status() virtio.Status { return virtio.Status(t.regs.Read8(legStatus)) }

// SetStatus implements virtio.Transport.
func (t *legacy) SetStatus(s virtio.Status) { t.regs.Write8(legStatus, uint8(s)) }

// DeviceFeatures implements virtio.Transport: there are 32.
func (t *legacy) DeviceFeatures() virtio.Feature {
	return virtio.Feature(t.regs.Read32(legDeviceFeatures))
}

// SetDriverFeatures implements virtio.Transport.
func (t *legacy) SetDriverFeatures(f virtio.Feature) {
	t.regs.Write32(legDriverFeatures, uint32(f))
}

// MaxQueueSize implements virtio.Transport: the only size there is.
func (t *legacy) MaxQueueSize(queue int) int {
	if queue < 0 || queue > 0xffff {
		return 0
	}
	t.regs.Write16(legQueueSelect, uint16(queue))
	return int(min(t.regs.Read16(legQueueSize), virtio.MaxSize))
}

// SetupQueue implements virtio.Transport (4.1.5.1.3.1).
func (t *legacy) SetupQueue(queue, size int, a virtio.QueueAddresses) error {
	if fixed := t.MaxQueueSize(queue); fixed == 0 || size != fixed {
		return fmt.Errorf("%w: queue %d of size %d, the device's is %d", virtio.ErrNoQueue, queue, size, fixed)
	}
	page := a.Descriptors >> legPageShift
	if a.Descriptors&(1<<legPageShift-1) != 0 || page == 0 || page > 0xffffffff {
		return fmt.Errorf("%w: ring at %#x, want a page below 16 TiB", virtio.ErrRing, a.Descriptors)
	}
	if err := t.setVector(queue, t.regs, legQueueVector); err != nil {
		return err
	}
	t.regs.Write32(legQueueAddress, uint32(page))
	return nil
}

// SetupConfigInterrupt implements virtio.Transport.
func (t *legacy) SetupConfigInterrupt() error {
	return t.setVector(virtio.ConfigVector, t.regs, legConfigVector)
}

// Notify implements virtio.Transport.
func (t *legacy) Notify(queue int) { t.regs.Write16(legQueueNotify, uint16(queue)) }

// Config implements virtio.Transport: its place depends on MSI-X.
func (t *legacy) Config() virtio.Region {
	if t.config == nil {
		start := uint32(legConfig)
		if t.msix != nil {
			start = legConfigMSIX
		}
		t.config = virtio.SubRegion(t.regs, start, t.regs.Len()-start)
	}
	return t.config
}

// ConfigGeneration implements virtio.Transport: a legacy device has none (2.5.4).
func (t *legacy) ConfigGeneration() uint32 { return 0 }

// Acknowledge implements virtio.Transport: reading clears, as in modern devices.
func (t *legacy) Acknowledge() { t.regs.Read8(legISR) }

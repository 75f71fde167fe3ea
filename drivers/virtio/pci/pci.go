// Package pci is the virtio transport over the PCI bus (VIRTIO 1.2, 4.1):
// devices with the modern register layout or, failing that, the legacy one in
// I/O ports; with MSI-X or line interrupts. PCI facts are from the PCI Local Bus
// Specification 3.0.
package pci

import (
	"errors"
	"fmt"

	"yolk/drivers/virtio"
)

// Vendor is virtio's PCI vendor id (4.1.2); modern device ids are 0x1040 + kind,
// transitional ones 0x1000 to 0x103f.
const (
	Vendor          = 0x1af4
	deviceModern    = 0x1040
	deviceModernEnd = 0x107f
	deviceLegacy    = 0x1000
	cfgSubsystem    = 0x2c // R subsystem vendor id, subsystem id << 16
)

// Platform is what the machine provides.
type Platform struct {
	// Map makes length bytes of device registers at physical address phys
	// accessible, uncached, for good (virtio.Map suits the result).
	Map func(phys uint64, length uint32) (virtio.Region, error)
	// Ports makes length I/O ports from port on accessible, for legacy
	// devices; nil on a machine without ports, where they are refused.
	Ports func(port uint16, length uint32) (virtio.Region, error)
	// Vector chooses where the interrupt of a queue (or virtio.ConfigVector)
	// goes: the address and data of the message that the device writes. It is
	// called in SetupQueue, once for each queue. nil, or ok false for every
	// queue, leaves the device on its interrupt line.
	Vector func(queue int) (addr uint64, data uint32, ok bool)
}

// Transport is a virtio.Transport on this bus.
type Transport interface {
	virtio.Transport
	// MSIX reports whether the device signals by messages rather than by its
	// line.
	MSIX() bool
}

// function is what modern and legacy devices share: PCI.
type function struct {
	cfg  ConfigSpace
	plat Platform
	id   virtio.DeviceID
	msix *msix // nil without MSI-X
}

// DeviceID is the kind of device.
func (f *function) DeviceID() virtio.DeviceID { return f.id }

// MSIX implements Transport.
func (f *function) MSIX() bool { return f.msix != nil }

// modern is a device with the registers of version 1 of the specification.
type modern struct {
	function
	common virtio.Region
	notify virtio.Region
	isr    virtio.Region
	config virtio.Region // nil when the device has none

	notifyMultiplier uint32
	doorbells        []uint32 // offset in notify by queue, from SetupQueue
}

// New finds the virtio registers of a PCI function, maps them, and lets the
// function respond to accesses and act as bus master. A transitional device is
// driven by its modern registers. Errors wrap those of this package; a device
// that lies about its capabilities gets one.
func New(cfg ConfigSpace, plat Platform) (Transport, error) {
	id, err := identify(cfg)
	if err != nil {
		return nil, err
	}
	f := function{cfg: cfg, plat: plat, id: id}
	SetCommand(cfg, cmdMemory|cmdPorts|cmdBusMaster)
	m := &modern{function: f}
	switch err := m.mapRegisters(); {
	case errors.Is(err, ErrLegacy) && plat.Ports != nil:
		l := &legacy{function: f}
		if err := l.open(); err != nil {
			return nil, err
		}
		return l, l.messages()
	case err != nil:
		return nil, err
	}
	return m, m.messages()
}

// SetCommand sets bits of a function's command register. To write 0 to status changes
// nothing.
func SetCommand(c ConfigSpace, bits uint32) {
	c.Write32(cfgCommand, c.Read32(cfgCommand)&0xffff|bits)
}

// messages turns on message interrupts where function and platform have them.
func (f *function) messages() (err error) {
	if f.plat.Vector == nil {
		return nil
	}
	if f.msix, err = findMSIX(f.cfg, f.plat); f.msix != nil && err == nil {
		SetCommand(f.cfg, cmdNoINTx)
		f.msix.enable(f.cfg)
	}
	return err
}

// identify returns the kind of device (4.1.2.1).
func identify(cfg ConfigSpace) (virtio.DeviceID, error) {
	v := cfg.Read32(cfgVendor)
	device := v >> 16
	switch {
	case v&0xffff != Vendor:
	case cfg.Read32(cfgHeader)>>16&0x7f != 0: // not an ordinary function
	case device >= deviceModern && device <= deviceModernEnd:
		return virtio.DeviceID(device - deviceModern), nil
	case device >= deviceLegacy && device < deviceModern:
		// Transitional: the kind is in the subsystem id (4.1.2.3).
		return virtio.DeviceID(cfg.Read32(cfgSubsystem) >> 16), nil
	}
	return 0, fmt.Errorf("%w: vendor and device %#08x", ErrNotVirtio, v)
}

// Common configuration structure (4.1.4.3).
const (
	regDeviceFeatureSel = 0x00 // RW 32
	regDeviceFeature    = 0x04 // R  32
	regDriverFeatureSel = 0x08 // RW 32
	regDriverFeature    = 0x0c // RW 32
	regConfigVector     = 0x10 // RW 16
	regNumQueues        = 0x12 // R  16
	regStatus           = 0x14 // RW 8
	regGeneration       = 0x15 // R  8
	regQueueSelect      = 0x16 // RW 16
	regQueueSize        = 0x18 // RW 16, reads as the maximum after reset
	regQueueVector      = 0x1a // RW 16
	regQueueEnable      = 0x1c // RW 16
	regQueueNotifyOff   = 0x1e // R  16
	regQueueDesc        = 0x20 // RW 64
	regQueueDriver      = 0x28 // RW 64
	regQueueDevice      = 0x30 // RW 64
	commonLength        = 0x38
)

// noVector is VIRTIO_MSI_NO_VECTOR (4.1.5.1.2).
const noVector = 0xffff

// Legacy implements virtio.Transport.
func (t *modern) Legacy() bool { return false }

// Reset implements virtio.Transport.
func (t *modern) Reset() error {
	t.common.Write8(regStatus, 0)
	if err := virtio.WaitReset(t.Status); err != nil {
		return fmt.Errorf("pci device_status: %w", err)
	}
	return nil
}

// Status implements virtio.Transport.
func (t *modern) Status() virtio.Status { return virtio.Status(t.common.Read8(regStatus)) }

// SetStatus implements virtio.Transport.
func (t *modern) SetStatus(s virtio.Status) { t.common.Write8(regStatus, uint8(s)) }

// DeviceFeatures implements virtio.Transport.
func (t *modern) DeviceFeatures() virtio.Feature {
	t.common.Write32(regDeviceFeatureSel, 0)
	low := t.common.Read32(regDeviceFeature)
	t.common.Write32(regDeviceFeatureSel, 1)
	high := t.common.Read32(regDeviceFeature)
	return virtio.Feature(high)<<32 | virtio.Feature(low)
}

// SetDriverFeatures implements virtio.Transport.
func (t *modern) SetDriverFeatures(f virtio.Feature) {
	t.common.Write32(regDriverFeatureSel, 0)
	t.common.Write32(regDriverFeature, uint32(f))
	t.common.Write32(regDriverFeatureSel, 1)
	t.common.Write32(regDriverFeature, uint32(f>>32))
}

// Config implements virtio.Transport.
func (t *modern) Config() virtio.Region { return t.config }

// ConfigGeneration implements virtio.Transport.
func (t *modern) ConfigGeneration() uint32 { return uint32(t.common.Read8(regGeneration)) }

// Acknowledge implements virtio.Transport: reading the ISR status clears it and
// lowers the line (4.1.4.5). Not used with MSI-X.
func (t *modern) Acknowledge() { t.isr.Read8(0) }

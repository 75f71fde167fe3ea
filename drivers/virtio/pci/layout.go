package pci

import (
	"fmt"

	"yolk/drivers/virtio"
)

// Kinds of virtio capability (4.1.4, cfg_type).
const (
	kindCommon = 1
	kindNotify = 2
	kindISR    = 3
	kindDevice = 4
)

// Fields of struct virtio_pci_cap (4.1.4), offsets in the capability.
const (
	vcapLength     = 2  // R 8  of the capability
	vcapKind       = 3  // R 8
	vcapBAR        = 4  // R 8
	vcapOffset     = 8  // R 32 in the BAR
	vcapSize       = 12 // R 32
	vcapBytes      = 16
	vcapMultiplier = 16 // R 32 notify_off_multiplier, kindNotify only
	vcapNotifySize = 20
)

// maxRegisters bounds how much of a BAR is mapped, whatever the device claims:
// 65536 queues with a doorbell page each would be 256 MiB, no device has more
// than a few.
const maxRegisters = 16 << 20

// mapRegisters maps the four structures. When a kind appears more than once the
// first usable one counts (4.1.4.1).
func (t *modern) mapRegisters() error {
	caps, err := Capabilities(t.cfg, capVendor)
	if err != nil {
		return err
	}
	for _, off := range caps {
		if err := t.mapCapability(off); err != nil {
			return err
		}
	}
	if t.common == nil && t.notify == nil {
		return ErrLegacy
	}
	if t.common == nil || t.notify == nil || t.isr == nil {
		return fmt.Errorf("%w: common, notification or ISR structure missing", ErrCapability)
	}
	return nil
}

// mapCapability maps the structure described at off if it is wanted and new.
func (t *modern) mapCapability(off uint32) error {
	if off+vcapBytes > ConfigSize || read8(t.cfg, off+vcapLength) < vcapBytes {
		return fmt.Errorf("%w: virtio capability at %#x is too short", ErrCapability, off)
	}
	switch kind := read8(t.cfg, off+vcapKind); {
	case kind == kindCommon && t.common == nil:
		return t.mapInto(&t.common, off, commonLength)
	case kind == kindNotify && t.notify == nil:
		if off+vcapNotifySize > ConfigSize || read8(t.cfg, off+vcapLength) < vcapNotifySize {
			return fmt.Errorf("%w: notification capability at %#x is too short", ErrCapability, off)
		}
		t.notifyMultiplier = t.cfg.Read32(off + vcapMultiplier)
		return t.mapInto(&t.notify, off, 2)
	case kind == kindISR && t.isr == nil:
		return t.mapInto(&t.isr, off, 1)
	case kind == kindDevice && t.config == nil:
		return t.mapInto(&t.config, off, 1)
	}
	return nil
}

// mapInto maps the structure of the capability at off, at least `least` bytes.
func (t *modern) mapInto(r *virtio.Region, off, least uint32) (err error) {
	start, size := t.cfg.Read32(off+vcapOffset), t.cfg.Read32(off+vcapSize)
	if size < least || start > maxRegisters || size > maxRegisters || start&3 != 0 && least > 1 {
		return fmt.Errorf("%w: structure of %#x bytes at %#x, needs %#x", ErrCapability, size, start, least)
	}
	bar, err := barAddress(t.cfg, int(read8(t.cfg, off+vcapBAR)))
	if err != nil {
		return err
	}
	*r, err = t.plat.Map(bar+uint64(start), size)
	return err
}

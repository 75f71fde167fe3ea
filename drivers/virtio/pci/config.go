package pci

import (
	"errors"
	"fmt"
)

// Configuration space header type 0 (PCI Local Bus 3.0, 6.1, 6.2).
const (
	cfgVendor  = 0x00 // R  vendor id, device id << 16
	cfgCommand = 0x04 // RW command, status << 16
	cfgHeader  = 0x0c // R  header type << 16
	cfgBAR0    = 0x10 // RW six base address registers
	cfgCapPtr  = 0x34 // R  first capability, 8 bits
)

// Bits of command and status.
const (
	cmdPorts      = 1 << 0  // respond to I/O port accesses
	cmdMemory     = 1 << 1  // respond to memory accesses
	cmdBusMaster  = 1 << 2  // may write memory and send message interrupts
	cmdNoINTx     = 1 << 10 // do not raise the interrupt line
	statusCapList = 1 << 20 // a capability list exists
)

// Capability ids (PCI Code and ID Assignment 1.11, 2).
const (
	capVendor = 0x09
	capMSIX   = 0x11
)

// Capabilities lie behind the header, on 4-byte boundaries, in 256 bytes: a list
// with more entries than fit there runs in a circle.
const (
	capFirst = 0x40
	capMost  = (ConfigSize - capFirst) / 4
)

// Errors of New, wrapped with details.
var (
	ErrNotVirtio  = errors.New("virtio-pci: not a virtio device")
	ErrLegacy     = errors.New("virtio-pci: legacy device on a machine without I/O ports; add disable-modern=off to the -device option")
	ErrCapability = errors.New("virtio-pci: malformed capability list")
	ErrBAR        = errors.New("virtio-pci: unusable base address register")
	ErrVector     = errors.New("virtio-pci: device did not accept an interrupt vector")
)

// ConfigSize is how many bytes of configuration space are looked at: those that
// functions of the first buses had.
const ConfigSize = 0x100

// ConfigSpace is the 256-byte configuration space of one PCI function. Offsets
// are multiples of 4.
type ConfigSpace interface {
	Read32(off uint32) uint32
	Write32(off uint32, v uint32)
}

// read8 picks a narrower field.
func read8(c ConfigSpace, off uint32) uint8 { return uint8(c.Read32(off&^3) >> (off & 3 * 8)) }

// Capabilities returns the offset of each entry of the capability list with the
// id wanted. The pointers come from the device: each must point behind the
// header, and the walk ends after as many entries as could exist.
func Capabilities(c ConfigSpace, wanted uint8) ([]uint32, error) {
	if c.Read32(cfgCommand)&statusCapList == 0 {
		return nil, nil
	}
	var found []uint32
	off := uint32(read8(c, cfgCapPtr)) &^ 3
	for n := 0; off != 0; n++ {
		if off < capFirst {
			return nil, fmt.Errorf("%w: entry at %#x, inside the header", ErrCapability, off)
		}
		if n == capMost {
			return nil, fmt.Errorf("%w: it runs in a circle", ErrCapability)
		}
		if read8(c, off) == wanted {
			found = append(found, off)
		}
		off = uint32(read8(c, off+1)) &^ 3
	}
	return found, nil
}

// barAddress decodes memory BAR n (6.2.5.1). Firmware must have assigned it.
func barAddress(c ConfigSpace, n int) (uint64, error) {
	if n < 0 || n > 5 {
		return 0, fmt.Errorf("%w: BAR %d does not exist", ErrBAR, n)
	}
	low := c.Read32(cfgBAR0 + uint32(n)*4)
	if low&1 != 0 {
		return 0, fmt.Errorf("%w: BAR %d is an I/O port range", ErrBAR, n)
	}
	addr := uint64(low &^ 0xf)
	switch low >> 1 & 3 {
	case 0:
	case 2:
		if n == 5 {
			return 0, fmt.Errorf("%w: BAR 5 has no upper half", ErrBAR)
		}
		addr |= uint64(c.Read32(cfgBAR0+uint32(n)*4+4)) << 32
	default:
		return 0, fmt.Errorf("%w: BAR %d has a reserved type", ErrBAR, n)
	}
	if addr == 0 {
		return 0, fmt.Errorf("%w: BAR %d is not assigned", ErrBAR, n)
	}
	return addr, nil
}

// portBAR decodes I/O port BAR n (6.2.5.1).
func portBAR(c ConfigSpace, n uint32) (uint16, error) {
	low := c.Read32(cfgBAR0 + n*4)
	if low&1 == 0 {
		return 0, fmt.Errorf("%w: BAR %d of a legacy device is memory, want I/O ports", ErrBAR, n)
	}
	port := low &^ 3
	if port == 0 || port > 0xffff {
		return 0, fmt.Errorf("%w: BAR %d is not assigned to ports (%#x)", ErrBAR, n, port)
	}
	return uint16(port), nil
}

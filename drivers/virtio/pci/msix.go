package pci

import (
	"fmt"

	"yolk/drivers/virtio"
)

// MSI-X capability (PCI Local Bus 3.0, 6.8.2), offsets in the capability.
const (
	msixControl = 0 // RW message control in the upper 16 bits
	msixTable   = 4 // R  offset | BAR in bits 2:0

	msixEnable   = 1 << 31 // in the 32-bit word at msixControl
	msixMaskAll  = 1 << 30
	msixSizeMask = 0x7ff // entries - 1, shifted by 16
)

// MSI-X table entry (6.8.2.6-9), 16 bytes.
const (
	entryBytes   = 16
	entryAddr    = 0  // RW 64
	entryData    = 8  // RW 32
	entryControl = 12 // RW 32, bit 0: masked
)

// msix is the vector table of a function.
type msix struct {
	cap   uint32 // of the capability in configuration space
	table virtio.Region
}

// findMSIX maps the vector table with all entries masked; nil when the function
// has no MSI-X.
func findMSIX(cfg ConfigSpace, plat Platform) (*msix, error) {
	caps, err := Capabilities(cfg, capMSIX)
	if err != nil || len(caps) == 0 {
		return nil, err
	}
	off := caps[0]
	if off+12 > ConfigSize {
		return nil, fmt.Errorf("%w: MSI-X capability at %#x is too short", ErrCapability, off)
	}
	entries := cfg.Read32(off+msixControl)>>16&msixSizeMask + 1
	where := cfg.Read32(off + msixTable)
	bar, err := barAddress(cfg, int(where&7))
	if err != nil {
		return nil, err
	}
	start := where &^ 7
	if start > maxRegisters {
		return nil, fmt.Errorf("%w: MSI-X table at %#x", ErrCapability, start)
	}
	table, err := plat.Map(bar+uint64(start), entries*entryBytes)
	if err != nil {
		return nil, err
	}
	m := &msix{cap: off, table: table}
	for i := range entries {
		table.Write32(i*entryBytes+entryControl, 1)
	}
	return m, nil
}

// enable turns message interrupts on; single entries are still masked.
func (m *msix) enable(cfg ConfigSpace) {
	v := cfg.Read32(m.cap + msixControl)
	cfg.Write32(m.cap+msixControl, v&^msixMaskAll|msixEnable)
}

// program sets entry i and unmasks it; it is masked while it is inconsistent.
func (m *msix) program(i int, addr uint64, data uint32) error {
	if i < 0 || uint64(i+1)*entryBytes > uint64(m.table.Len()) {
		return fmt.Errorf("%w: the device has %d entries, no entry %d", ErrVector, m.table.Len()/entryBytes, i)
	}
	e := uint32(i) * entryBytes
	m.table.Write32(e+entryControl, 1)
	m.table.Write32(e+entryAddr, uint32(addr))
	m.table.Write32(e+entryAddr+4, uint32(addr>>32))
	m.table.Write32(e+entryData, data)
	m.table.Write32(e+entryControl, 0)
	return nil
}

// Message has a function that is no virtio device, such as a port, signal all of its
// interrupts by one message. The errors are those of New.
func Message(cfg ConfigSpace, plat Platform, addr uint64, data uint32) error {
	m, err := findMSIX(cfg, plat)
	if err == nil && m == nil {
		err = fmt.Errorf("%w: no MSI-X", ErrVector)
	}
	if err == nil {
		err = m.program(0, addr, data)
	}
	if err != nil {
		return err
	}
	SetCommand(cfg, cmdNoINTx)
	m.enable(cfg)
	return nil
}

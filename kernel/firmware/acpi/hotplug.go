package acpi

// A HotPlug is where a machine of QEMU's says that PCI cards come and go: ports.
type HotPlug struct {
	Block  uint16 // the register block, QEMU documentation, docs/specs/acpi_pci_hotplug
	Status uint16 // of general-purpose events 0 to 7
	Enable uint16 // likewise
}

// HotPlugEvent is the general-purpose event of hot plug, a bit of Status and Enable
// (there: GPE.1).
const HotPlugEvent = 1 << 1

// HotPlug returns where hot plug is. The DSDT's byte code names the register block, as
// OperationRegion (PCST, SystemIO, address, 8), which is looked for and not interpreted
// (ACPI 6.5, 20.2.5.2). ok is false on a machine without one.
func (t *Tables) HotPlug() (h HotPlug, ok bool) {
	f, code := t.FADT()
	if code != OK {
		return HotPlug{}, false
	}
	events, length := le(f.b, fadtGPE, 4), uint64(f.b[fadtGPELength])
	if le(f.b, fadtFlags, 4)&flagReduced != 0 || events == 0 || length < 2 || events+length > 1<<16 {
		return HotPlug{}, false
	}
	const name = "\x5b\x80PCST\x01" + string(rune(amlWord)) // and the word: the address
	const size = 0x18                                       // of the block
	dsdt, code := t.dsdt(f)
	if code != OK {
		return HotPlug{}, false
	}
	for i := headerSize; i+len(name)+2 <= len(dsdt); i++ {
		if string(dsdt[i:i+len(name)]) == name {
			block := le(dsdt, i+len(name), 2)
			return HotPlug{uint16(block), uint16(events), uint16(events + length/2)}, block != 0 && block+size <= 1<<16
		}
	}
	return HotPlug{}, false
}

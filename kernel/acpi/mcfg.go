package acpi

// mcfgSize is the length of an MCFG before its entries, mcfgEntry of each.
const (
	mcfgSize  = 44
	mcfgEntry = 16
)

// An ECAM is a range of PCI buses whose configuration space is memory, 1 MiB for
// each bus (PCI Firmware Specification 3.3, table 4-3).
type ECAM struct {
	Addr        uint64 // of bus First: the table's address is that of bus 0
	Segment     uint16
	First, Last uint8 // buses
}

// ECAM returns the i-th range of the MCFG. The whole table is checked each time;
// ErrAbsent is the end, or that there is no table.
func (t *Tables) ECAM(i int) (ECAM, Code) {
	b, code := t.Table("MCFG")
	switch {
	case code != OK:
		return ECAM{}, code
	case len(b) < mcfgSize:
		return ECAM{}, ErrLength
	}
	b = b[mcfgSize:]
	if len(b)%mcfgEntry != 0 {
		return ECAM{}, ErrEntryLength
	}
	found, code := ECAM{}, ErrAbsent
	for ; len(b) > 0; b = b[mcfgEntry:] {
		e := ECAM{Segment: uint16(le(b, 8, 2)), First: b[10], Last: b[11]}
		base := le(b, 0, 8)
		e.Addr = base + uint64(e.First)<<20
		if end := base + (uint64(e.Last)+1)<<20; base == 0 || base%(1<<20) != 0 || e.First > e.Last || end < base {
			return ECAM{}, ErrEntry
		}
		if i == 0 {
			found, code = e, OK
		}
		i--
	}
	return found, code
}

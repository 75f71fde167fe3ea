package acpi

// Types of MADT entries, ACPI 6.5, table 5.21.
const (
	entryLocalAPIC   = 0
	entryLocalX2APIC = 9
)

// madtSize is the length of a MADT before its entries.
const madtSize = 44

// A MADT says, of what it can say, what processors there are (5.2.12). Its entries
// have been checked.
type MADT struct{ entries []byte }

// MADT returns the machine's MADT.
func (t *Tables) MADT() (MADT, Code) {
	b, code := t.Table("APIC")
	switch {
	case code != OK:
		return MADT{}, code
	case len(b) < madtSize:
		return MADT{}, ErrLength
	}
	m := MADT{b[madtSize:]}
	for off := 0; off < len(m.entries); {
		e, ok := m.entry(off)
		if !ok {
			return MADT{}, ErrEntryLength
		}
		if len(e) < entrySize(e[0]) {
			return MADT{}, ErrEntry
		}
		off += len(e)
	}
	return m, OK
}

// entrySize is the length that an entry must have for what is read of it.
func entrySize(kind uint8) int {
	switch kind {
	case entryLocalAPIC:
		return 8
	case entryLocalX2APIC:
		return 16
	}
	return 2
}

// entry returns the entry at off.
func (m *MADT) entry(off int) ([]byte, bool) {
	if off+2 > len(m.entries) {
		return nil, false
	}
	size := int(m.entries[off+1])
	if size < 2 || size > len(m.entries)-off {
		return nil, false
	}
	return m.entries[off : off+size], true
}

// A CPU is a processor that can be started.
type CPU struct {
	APIC uint32 // id of its local APIC; from 255 on it takes x2APIC mode to reach it
}

// CPU returns the i-th processor that is enabled, in the order of the table, the
// one that asks included. One that is listed twice, as local APIC and as local
// x2APIC, counts once.
func (m *MADT) CPU(i int) (CPU, bool) {
	for off := 0; i >= 0; {
		e, ok := m.entry(off)
		if !ok {
			break
		}
		if c, ok := processor(e); ok && m.first(c) == off {
			if i == 0 {
				return c, true
			}
			i--
		}
		off += len(e)
	}
	return CPU{}, false
}

// first returns where a processor is first listed.
func (m *MADT) first(c CPU) int {
	for off := 0; ; {
		e, ok := m.entry(off)
		if !ok {
			return -1
		}
		if other, ok := processor(e); ok && other.APIC == c.APIC {
			return off
		}
		off += len(e)
	}
}

// processor reads an entry that is an enabled processor's. All ones is the id of
// a broadcast.
func processor(e []byte) (CPU, bool) {
	switch e[0] {
	case entryLocalAPIC:
		return CPU{uint32(e[3])}, e[4]&1 != 0 && e[3] != 0xff
	case entryLocalX2APIC:
		c := CPU{uint32(le(e, 4, 4))}
		return c, e[8]&1 != 0 && c.APIC != ^uint32(0)
	}
	return CPU{}, false
}

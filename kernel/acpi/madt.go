package acpi

// Types of MADT entries, ACPI 6.5, table 5.21.
const (
	entryLocalAPIC   = 0
	entryIOAPIC      = 1
	entryOverride    = 2
	entryLocalNMI    = 4
	entryLocalAddr   = 5
	entryLocalX2APIC = 9
	entryX2NMI       = 10
)

// madtSize is the length of a MADT before its entries.
const madtSize = 44

// A MADT says what processors and interrupt controllers there are (5.2.12). Its
// entries have been checked.
type MADT struct {
	LocalAPIC uint64 // physical address of each processor's own registers
	PIC       bool   // a PC's two 8259 are there as well, to be masked
	entries   []byte
}

// MADT returns the machine's MADT.
func (t *Tables) MADT() (MADT, Code) {
	b, code := t.Table("APIC")
	switch {
	case code != OK:
		return MADT{}, code
	case len(b) < madtSize:
		return MADT{}, ErrLength
	}
	m := MADT{LocalAPIC: le(b, 36, 4), PIC: b[40]&1 != 0, entries: b[madtSize:]}
	for off := 0; off < len(m.entries); {
		e, ok := m.entry(off)
		if !ok {
			return MADT{}, ErrEntryLength
		}
		if len(e) < entrySize(e[0]) {
			return MADT{}, ErrEntry
		}
		switch e[0] {
		case entryIOAPIC:
			if le(e, 4, 4) == 0 {
				return MADT{}, ErrEntry
			}
		case entryLocalAddr:
			m.LocalAPIC = le(e, 4, 8)
		}
		off += len(e)
	}
	if m.LocalAPIC == 0 {
		return MADT{}, ErrEntry
	}
	return m, OK
}

// entrySize is the length that an entry must have for what is read of it.
func entrySize(kind uint8) int {
	switch kind {
	case entryLocalAPIC:
		return 8
	case entryIOAPIC, entryLocalAddr, entryX2NMI:
		return 12
	case entryOverride:
		return 10
	case entryLocalNMI:
		return 6
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
	UID  uint32 // what other tables call it
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
		return CPU{UID: uint32(e[2]), APIC: uint32(e[3])}, e[4]&1 != 0 && e[3] != 0xff
	case entryLocalX2APIC:
		c := CPU{APIC: uint32(le(e, 4, 4)), UID: uint32(le(e, 12, 4))}
		return c, e[8]&1 != 0 && c.APIC != ^uint32(0)
	}
	return CPU{}, false
}

// An IOAPIC is an interrupt controller for devices.
type IOAPIC struct {
	ID   uint8
	Addr uint64 // physical address of its registers, never 0
	GSI  uint32 // global system interrupt of its first pin
}

// IOAPIC returns the i-th I/O APIC.
func (m *MADT) IOAPIC(i int) (IOAPIC, bool) {
	e, ok := m.find(i, entryIOAPIC, entryIOAPIC)
	if !ok {
		return IOAPIC{}, false
	}
	return IOAPIC{ID: e[2], Addr: le(e, 4, 4), GSI: uint32(le(e, 8, 4))}, true
}

// A Line is where an interrupt arrives, and how.
type Line struct {
	GSI   uint32
	Low   bool // active low, not high
	Level bool // level, not edge
}

// ISA returns where an interrupt of the ISA bus arrives: where an interrupt
// source override says, or else at the interrupt of the same number, active
// high, edge.
func (m *MADT) ISA(irq uint8) Line {
	l := Line{GSI: uint32(irq)}
	for i := 0; ; i++ {
		e, ok := m.find(i, entryOverride, entryOverride)
		if !ok {
			return l
		}
		if e[2] == 0 && e[3] == irq {
			l.GSI = uint32(le(e, 4, 4))
			l.Low, l.Level = trigger(le(e, 8, 2))
			return l
		}
	}
}

// trigger reads MPS INTI flags; "as the bus has it" is high and edge, ISA's.
func trigger(flags uint64) (low, level bool) {
	return flags&3 == 3, flags>>2&3 == 3
}

// AllCPUs is the UID of an NMI that is wired to each processor.
const AllCPUs = ^uint32(0)

// An NMI is the input of local APICs that a non-maskable interrupt is wired to.
type NMI struct {
	UID        uint32 // of a CPU, or AllCPUs
	LINT       uint8  // 0 or 1
	Low, Level bool
}

// NMI returns the i-th of them. Those that name another input are left out.
func (m *MADT) NMI(i int) (NMI, bool) {
	for k := 0; i >= 0; k++ {
		e, ok := m.find(k, entryLocalNMI, entryX2NMI)
		if !ok {
			break
		}
		var n NMI
		n.Low, n.Level = trigger(le(e, 2, 2))
		if e[0] == entryX2NMI {
			n.UID, n.LINT = uint32(le(e, 4, 4)), e[8]
		} else {
			n.UID, n.LINT = uint32(e[2]), e[5]
			n.Low, n.Level = trigger(le(e, 3, 2))
			if e[2] == 0xff {
				n.UID = AllCPUs
			}
		}
		if n.LINT > 1 {
			continue
		}
		if i == 0 {
			return n, true
		}
		i--
	}
	return NMI{}, false
}

// find returns the i-th entry of one of two types.
func (m *MADT) find(i int, kind1, kind2 uint8) ([]byte, bool) {
	for off := 0; i >= 0; {
		e, ok := m.entry(off)
		if !ok {
			break
		}
		if e[0] == kind1 || e[0] == kind2 {
			if i == 0 {
				return e, true
			}
			i--
		}
		off += len(e)
	}
	return nil, false
}

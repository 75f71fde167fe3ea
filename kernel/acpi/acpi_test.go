package acpi

import (
	"testing"
)

// tables opens a machine's tables as a kernel would that has to look for them.
func tables(t testing.TB, m machine) Tables {
	t.Helper()
	rsdp, code := Find(m.memory)
	if code != OK {
		t.Fatal(code)
	}
	tables, code := Open(m.memory, rsdp)
	if code != OK {
		t.Fatal(code)
	}
	return tables
}

// cpus returns the APIC ids of all processors.
func cpus(m *MADT) (ids []uint32) {
	for i := 0; ; i++ {
		c, ok := m.CPU(i)
		if !ok {
			return ids
		}
		ids = append(ids, c.APIC)
	}
}

func TestMachines(t *testing.T) {
	for _, c := range []struct {
		name   string
		cpus   int
		pc     bool // q35, not microvm
		ioapic IOAPIC
	}{
		{"q35-cpu1", 1, true, IOAPIC{0, 0xfec00000, 0}},
		{"q35-cpu4", 4, true, IOAPIC{0, 0xfec00000, 0}},
		{"q35-cpu2of4", 2, true, IOAPIC{0, 0xfec00000, 0}}, // two more can be plugged in
		{"microvm-cpu1", 1, false, IOAPIC{0, 0xfec00000, 0}},
		{"microvm-cpu4", 4, false, IOAPIC{0, 0xfec00000, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables := tables(t, load(t, c.name))
			m, code := tables.MADT()
			if code != OK {
				t.Fatal(code)
			}
			if m.LocalAPIC != 0xfee00000 || !m.PIC {
				t.Errorf("local APIC %#x, PIC %v", m.LocalAPIC, m.PIC)
			}
			ids := cpus(&m)
			if len(ids) != c.cpus {
				t.Errorf("processors %v, want %d", ids, c.cpus)
			}
			for i, id := range ids {
				if id != uint32(i) {
					t.Errorf("processor %d has id %d", i, id)
				}
			}
			if a, ok := m.IOAPIC(0); !ok || a != c.ioapic {
				t.Errorf("I/O APIC %+v, want %+v", a, c.ioapic)
			}
			checkLines(t, &m, c.pc)
			checkEnd(t, &tables, c.pc)
			ecam, code := tables.ECAM(0)
			want := ECAM{Addr: 0xb0000000, First: 0, Last: 255}
			if c.pc && (code != OK || ecam != want) || !c.pc && code != ErrAbsent {
				t.Errorf("ECAM %+v, %v", ecam, code)
			}
			if _, code := tables.ECAM(1); code != ErrAbsent {
				t.Errorf("second ECAM: %v", code)
			}
		})
	}
}

// checkLines looks at interrupt lines and NMIs.
func checkLines(t *testing.T, m *MADT, pc bool) {
	nmi, ok := m.NMI(0)
	if want := (NMI{UID: AllCPUs, LINT: 1}); !ok || nmi != want {
		t.Errorf("NMI %+v %v", nmi, ok)
	}
	if _, ok := m.NMI(1); ok {
		t.Error("a second NMI")
	}
	lines := map[uint8]Line{1: {GSI: 1}, 4: {GSI: 4}}
	if pc {
		lines[0] = Line{GSI: 2}
		lines[9] = Line{GSI: 9, Level: true}
	}
	for irq, want := range lines {
		if l := m.ISA(irq); l != want {
			t.Errorf("ISA interrupt %d: %+v, want %+v", irq, l, want)
		}
	}
	if _, ok := m.IOAPIC(-1); ok {
		t.Error("I/O APIC -1")
	}
}

// checkEnd looks at the registers for reset and power-off.
func checkEnd(t *testing.T, tables *Tables, pc bool) {
	f, code := tables.FADT()
	if code != OK {
		t.Fatal(code)
	}
	f.dsdt = 0
	want := FADT{Reset: Register{Addr: 0xcf9}, ResetValue: 0xf, PM1A: Register{Addr: 0x604}}
	if !pc { // QEMU's generic event device
		want = FADT{Reset: Register{0xfea00202, true}, ResetValue: 0x42, Sleep: Register{0xfea00200, true}, Reduced: true}
	}
	if f != want {
		t.Errorf("FADT %+v, want %+v", f, want)
	}
}

func TestSoftOff(t *testing.T) {
	for name, want := range map[string]uint8{"q35-cpu1": 0, "microvm-cpu1": 5} {
		tables := tables(t, load(t, name))
		f, _ := tables.FADT()
		if a, _, code := tables.SoftOff(f); code != OK || a != want {
			t.Errorf("%s: sleep type %d %v, want %d", name, a, code, want)
		}
	}
	for _, c := range []struct {
		aml  string
		a, b uint8
		code Code
	}{
		{"\x08_S5_\x12\x06\x04\x0a\x05\x0a\x06\x00\x00", 5, 6, OK},
		{"\x08\\_S5_\x12\x06\x04\x01\x00\x00\x00", 1, 0, OK},
		{"\x08_S5_\x12\x46\x00\x04\x0a\x07\x01\x00\x00", 7, 1, OK},
		{"\x08_S5_\x12\x06\x04\x0a\x08\x00", 0, 0, ErrAbsent},     // the type has three bits
		{"\x08_S5_\x12\x06\x04\x0b\x05\x00\x00", 0, 0, ErrAbsent}, // a word
		{"\x08_S5_\x12\x06\x01\x0a\x05\x00\x00", 0, 0, ErrAbsent}, // one element
		{"\x14_S5_\x12\x06\x04\x0a\x05\x0a\x05", 0, 0, ErrAbsent}, // no NameOp
		{"\x08_S5_\x12\x06\x04\x0a", 0, 0, ErrAbsent},
		{"\x08_S5_\x12\xc6", 0, 0, ErrAbsent},
		{"\x08_S5_", 0, 0, ErrAbsent},
		{"", 0, 0, ErrAbsent},
	} {
		m := firmware()
		m[0x5000] = table("DSDT", []byte(c.aml)...)
		tables := tables(t, m)
		a, b, code := tables.SoftOff(FADT{dsdt: 0x5000})
		if code != c.code || code == OK && (a != c.a || b != c.b) {
			t.Errorf("%q: %d %d %v, want %d %d %v", c.aml, a, b, code, c.a, c.b, c.code)
		}
	}
}

// TestProcessors has what QEMU's tables here do not: high ids, gaps, twins.
func TestProcessors(t *testing.T) {
	tables := tables(t, firmware(madt(
		lapic(7, 4, 1),
		lapic(8, 4, 1),            // the same again
		lapic(9, 5, 0),            // not there
		lapic(10, 6, 2),           // can be plugged in
		lapic(11, 0xff, 1),        // the id of a broadcast
		x2apic(7, 4, 1),           // the first again
		x2apic(12, 0x12345, 1),    // beyond 8 bits
		x2apic(13, 0xffffffff, 1), // the id of a broadcast
		x2apic(14, 300, 0),        // not there
		[]byte{0x7f, 1, 2, 3},     // an unknown type
		x2apic(15, 0, 1),
	)))
	m, code := tables.MADT()
	if code != OK {
		t.Fatal(code)
	}
	for i, want := range []CPU{{4, 7}, {0x12345, 12}, {0, 15}} {
		if c, ok := m.CPU(i); !ok || c != want {
			t.Errorf("processor %d: %v %v, want %v", i, c, ok, want)
		}
	}
	for _, i := range []int{-1, 3, 1 << 40} {
		if c, ok := m.CPU(i); ok {
			t.Errorf("processor %d: %v", i, c)
		}
	}
}

func TestControllers(t *testing.T) {
	tables := tables(t, firmware(madt(
		num([]byte{5, 0, 0}, 8, 0x1_fee0_0000),             // local APIC address
		num(num([]byte{1, 3, 0}, 4, 0xfec01000), 4, 24),    // I/O APIC
		num(num([]byte{2, 0, 14}, 4, 40), 2, 0xf),          // override: low, level
		num(num([]byte{2, 1, 15}, 4, 41), 2, 0xf),          // of a bus that is not ISA
		append(num([]byte{10, 0xd, 0}, 4, 12), 0, 0, 0, 0), // NMI of CPU 12
		[]byte{4, 7, 0xf, 0, 1},                            // NMI of CPU 7
		[]byte{4, 7, 0xf, 0, 9},                            // there is no LINT9
		[]byte{4, 0xff, 0, 0, 0},                           // NMI of all
	)))
	m, code := tables.MADT()
	if code != OK {
		t.Fatal(code)
	}
	if m.LocalAPIC != 0x1_fee0_0000 {
		t.Errorf("local APIC %#x", m.LocalAPIC)
	}
	if a, ok := m.IOAPIC(0); !ok || a != (IOAPIC{3, 0xfec01000, 24}) {
		t.Errorf("I/O APIC %+v", a)
	}
	if l := m.ISA(14); l != (Line{40, true, true}) {
		t.Errorf("interrupt 14: %+v", l)
	}
	if l := m.ISA(15); l != (Line{GSI: 15}) {
		t.Errorf("interrupt 15: %+v", l)
	}
	for i, want := range []NMI{{12, 0, false, true}, {7, 1, true, true}, {AllCPUs, 0, false, false}} {
		if n, ok := m.NMI(i); !ok || n != want {
			t.Errorf("NMI %d: %+v %v, want %+v", i, n, ok, want)
		}
	}
	if n, ok := m.NMI(3); ok {
		t.Errorf("NMI 3: %+v", n)
	}
}

func TestAllocations(t *testing.T) {
	m := load(t, "q35-cpu1")
	memory := Memory(m.memory)
	if n := testing.AllocsPerRun(10, func() { exercise(memory) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

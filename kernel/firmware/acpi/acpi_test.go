package acpi

import (
	"testing"
)

// tables opens a machine's tables.
func tables(t testing.TB, m machine) Tables {
	t.Helper()
	tables, code := Open(m.memory, m.root())
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
		name string
		cpus int
	}{
		{"q35-cpu1", 1},
		{"q35-cpu4", 4},
		{"q35-cpu2of4", 2}, // two more can be plugged in
		{"microvm-cpu1", 1},
		{"microvm-cpu4", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables := tables(t, load(t, c.name))
			m, code := tables.MADT()
			if code != OK {
				t.Fatal(code)
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
		})
	}
}

// TestSearch: the root pointer is found where a PC has it, and one that is damaged is not.
func TestSearch(t *testing.T) {
	good := pointer(2, 0, 0x1000)
	for _, c := range []struct {
		what string
		m    machine
		want uint64
	}{
		{"at the beginning", machine{0xe0000: good}, 0xe0000},
		{"at the end", machine{0xfffd0: good}, 0xfffd0},
		{"behind one with a wrong sum", machine{0xe0000: damage(good, 16, 1), 0xf0010: good}, 0xf0010},
		{"askew", machine{0xe0008: good}, 0},
		{"elsewhere", machine{0x9fc00: good}, 0},
		{"none", machine{}, 0},
	} {
		if at, ok := Search(c.m.memory); at != c.want || ok != (c.want != 0) {
			t.Errorf("%s: %#x, %v, want %#x", c.what, at, ok, c.want)
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
	for i, want := range []CPU{{4}, {0x12345}, {0}} {
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

func TestAllocations(t *testing.T) {
	m := load(t, "q35-cpu1")
	memory, rsdp := Memory(m.memory), m.root()
	if n := testing.AllocsPerRun(10, func() { exercise(memory, rsdp) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

package acpi

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exercise asks a machine's tables everything.
func exercise(memory Memory) {
	rsdp, code := Find(memory)
	if code != OK {
		return
	}
	t, code := Open(memory, rsdp)
	if code != OK {
		return
	}
	if m, code := t.MADT(); code == OK {
		for i := range 8 {
			m.CPU(i)
			m.IOAPIC(i)
			m.NMI(i)
			m.ISA(uint8(i))
		}
	}
	if f, code := t.FADT(); code == OK {
		t.SoftOff(f)
	}
	t.ECAM(0)
	t.ECAM(1)
}

// FuzzMemory fuzzes all of memory at once.
func FuzzMemory(f *testing.F) {
	files, err := filepath.Glob("testdata/*.acpi")
	if err != nil || len(files) == 0 {
		f.Fatal("no machines in testdata")
	}
	for _, name := range files {
		// The pieces, moved together: first the root pointer, at 0xe0000.
		m := load(f, strings.TrimSuffix(filepath.Base(name), ".acpi"))
		var all []byte
		for _, at := range slices.Sorted(maps.Keys(m)) {
			all = append(all, m[at]...)
		}
		f.Add(all)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		exercise(machine{0xe0000: b}.memory)
	})
}

// FuzzTables fuzzes tables behind a good root pointer, with their lengths and
// checksums made right, so that the entries are reached.
func FuzzTables(f *testing.F) {
	for _, name := range []string{"q35-cpu2of4", "microvm-cpu1"} {
		t := tables(f, load(f, name))
		var body [3][]byte
		for i, sig := range []string{"APIC", "FACP", "MCFG"} {
			if b, code := t.Table(sig); code == OK {
				body[i] = b[headerSize:]
			}
		}
		f.Add(body[0], body[1], body[2], []byte("\x08_S5_\x12\x06\x04\x0a\x05\x0a\x06"))
	}
	f.Fuzz(func(t *testing.T, apic, fadt, mcfg, dsdt []byte) {
		m := firmware(table("APIC", apic...), table("FACP", fadt...), table("MCFG", mcfg...))
		m[0x50000] = table("DSDT", dsdt...)
		exercise(m.memory)
		tables := tables(t, m)
		tables.SoftOff(FADT{dsdt: 0x50000})
		if madt, code := tables.MADT(); code == OK {
			seen := map[uint32]bool{}
			for _, id := range cpus(&madt) {
				if seen[id] {
					t.Errorf("processor %#x twice", id)
				}
				seen[id] = true
			}
		}
	})
}

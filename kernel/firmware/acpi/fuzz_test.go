package acpi

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exercise asks a machine's tables everything.
func exercise(memory Memory, rsdp uint64) {
	t, code := Open(memory, rsdp)
	if code != OK {
		return
	}
	if m, code := t.MADT(); code == OK {
		for i := range 8 {
			m.CPU(i)
		}
	}
	if f, code := t.FADT(); code == OK {
		f.PowerButton()
		f.GenericEvents()
	}
	t.SoftOff()
	if h, ok := t.HotPlug(); ok && (h.Block == 0 || h.Status == 0 || h.Enable <= h.Status) {
		panic(h)
	}
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
		exercise(machine{0xe0000: b}.memory, 0xe0000)
	})
}

// FuzzTables fuzzes tables behind a good root pointer, with their lengths and
// checksums made right, so that the entries are reached.
func FuzzTables(f *testing.F) {
	for _, name := range []string{"q35-cpu2of4", "microvm-cpu1"} {
		t := tables(f, load(f, name))
		b, code := t.Table("APIC")
		fixed, code2 := t.Table("FACP")
		if code != OK || code2 != OK {
			f.Fatal(code, code2)
		}
		f.Add(b[headerSize:], fixed[headerSize:])
	}
	f.Fuzz(func(t *testing.T, apic, facp []byte) {
		m := firmware(table("APIC", apic...), table("FACP", facp...))
		exercise(m.memory, m.root())
		tables := tables(t, m)
		if madt, code := tables.MADT(); code == OK {
			seen := map[uint32]bool{}
			for _, id := range cpus(&madt) {
				if seen[id] {
					t.Errorf("processor %#x twice", id)
				}
				seen[id] = true
			}
		}
		if fadt, code := tables.FADT(); code == OK {
			if b, ok := fadt.PowerButton(); ok && (b.Event == 0 || b.Enable < b.Event+2 || b.Control == 0) {
				t.Errorf("a button at %+v", b)
			}
		}
	})
}

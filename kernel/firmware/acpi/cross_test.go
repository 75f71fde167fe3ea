package acpi

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// TestCross compares with what the reference implementation's disassembler
// (iasl of ACPICA) reads in the MADT.
func TestCross(t *testing.T) {
	iasl, err := exec.LookPath("iasl")
	if err != nil {
		t.Skip("iasl (Debian: acpica-tools) is not installed")
	}
	twins := firmware(madt(lapic(7, 4, 1), lapic(8, 5, 0), x2apic(12, 0x12345, 1), x2apic(13, 7, 0)))
	for name, m := range map[string]machine{
		"q35-cpu4":     load(t, "q35-cpu4"),
		"q35-cpu2of4":  load(t, "q35-cpu2of4"),
		"microvm-cpu4": load(t, "microvm-cpu4"),
		"twins":        twins,
	} {
		t.Run(name, func(t *testing.T) {
			tables := tables(t, m)
			raw, code := tables.Table("APIC")
			if code != OK {
				t.Fatal(code)
			}
			file := filepath.Join(t.TempDir(), "apic.dat")
			if err := os.WriteFile(file, raw, 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(iasl, "-d", file).CombinedOutput(); err != nil {
				t.Fatalf("iasl: %v\n%s", err, out)
			}
			dsl, err := os.ReadFile(file[:len(file)-3] + "dsl")
			if err != nil {
				t.Fatal(err)
			}
			madt, code := tables.MADT()
			if code != OK {
				t.Fatal(code)
			}
			if got, want := cpus(&madt), disassembled(t, dsl); !slices.Equal(got, want) {
				t.Errorf("processors %v, iasl has %v", got, want)
			}
		})
	}
}

var (
	idLine      = regexp.MustCompile(`(?:Local Apic ID|X2Apic ID|Processor x2Apic ID) : ([0-9A-F]+)`)
	enabledLine = regexp.MustCompile(`Processor Enabled : ([01])`)
)

// disassembled returns the ids of enabled processors in a disassembly.
func disassembled(t *testing.T, dsl []byte) (ids []uint32) {
	found := idLine.FindAllSubmatch(dsl, -1)
	enabled := enabledLine.FindAllSubmatch(dsl, -1)
	if len(found) == 0 || len(found) != len(enabled) {
		t.Fatalf("%d ids, %d flags in\n%s", len(found), len(enabled), dsl)
	}
	for i, f := range found {
		id, err := strconv.ParseUint(string(f[1]), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		if string(enabled[i][1]) == "1" {
			ids = append(ids, uint32(id))
		}
	}
	return ids
}

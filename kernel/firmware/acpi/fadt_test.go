package acpi

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

func fadtOf(t *testing.T, m machine) FADT {
	t.Helper()
	tables := tables(t, m)
	f, code := tables.FADT()
	if code != OK {
		t.Fatal(code)
	}
	return f
}

func TestFADT(t *testing.T) {
	f := fadtOf(t, load(t, "q35-cpu1"))
	want := PowerButton{SCI: 9, Event: 0x600, Enable: 0x602, Control: 0x604, Command: 0xb2, ACPI: 2}
	if b, ok := f.PowerButton(); !ok || b != want {
		t.Errorf("q35: %+v %v, want %+v", b, ok, want)
	}
	if addr, ok := f.GenericEvents(); ok {
		t.Errorf("q35: generic events at %#x", addr)
	}
	f = fadtOf(t, load(t, "microvm-cpu1"))
	if b, ok := f.PowerButton(); ok {
		t.Errorf("microvm: %+v", b)
	}
	if addr, ok := f.GenericEvents(); !ok || addr != 0xfea00000 {
		t.Errorf("microvm: generic events at %#x %v", addr, ok)
	}
}

// fadt returns the body of a good table with fixed hardware, up to the end of
// ACPI 5.0's, with a byte string put in place of what is at off.
func fadt(off int, with ...byte) []byte {
	b := make([]byte, fadtSize5)
	copy(b[10:], "BOCHS ")
	b[fadtSCI] = 9
	b[fadtEvent+1], b[fadtControl], b[fadtControl+1], b[fadtEventLength] = 6, 4, 6, 4
	copy(b[off:], with)
	return b[headerSize:]
}

func TestFADTRefused(t *testing.T) {
	if _, ok := fadtWith(t, fadt(0)).PowerButton(); !ok {
		t.Fatal("the good one is refused")
	}
	for what, body := range map[string][]byte{
		"a button of the DSDT":     fadt(fadtFlags, flagButton),
		"no fixed hardware":        fadt(fadtFlags, 0, 0, flagReduced>>16),
		"no event block":           fadt(fadtEvent, 0, 0),
		"an event block in memory": fadt(fadtEvent, 0, 0, 1),
		"events beyond the ports":  fadt(fadtEvent, 0xfe, 0xff),
		"short events":             fadt(fadtEventLength, 2),
		"no control block":         fadt(fadtControl, 0, 0),
		"control beyond the ports": fadt(fadtControl, 0xff, 0xff),
		"a command beyond them":    fadt(fadtCommand, 0, 0, 1),
	} {
		if b, ok := fadtWith(t, body).PowerButton(); ok {
			t.Errorf("%s: %+v", what, b)
		}
	}
	m := firmware(table("FACP", fadt(0)[:fadtSize-headerSize-1]...))
	tables := tables(t, m)
	if _, code := tables.FADT(); code != ErrLength {
		t.Errorf("a short table: %v", code)
	}
	reduced := func(space byte, addr ...byte) []byte {
		return append(fadt(fadtFlags, 0, 0, flagReduced>>16)[:fadtSleepControl-headerSize], append(append([]byte{space, 8, 0, 0}, addr...), make([]byte, 12)...)...)
	}
	for what, body := range map[string][]byte{
		"another maker's":        reduced(0, 0, 2, 0xa0, 0xfe, 0, 0, 0, 0), // no OEM id: see fadtWith
		"registers that are I/O": reduced(1, 0, 2, 0xa0, 0xfe, 0, 0, 0, 0),
		"at 0":                   reduced(0, 0, 0, 0, 0, 0, 0, 0, 0),
		"beyond 4 GiB":           reduced(0, 0, 2, 0, 0, 1, 0, 0, 0),
		"elsewhere in the page":  reduced(0, 0, 3, 0xa0, 0xfe, 0, 0, 0, 0),
	} {
		f := fadtWith(t, body)
		if what != "another maker's" {
			copy(f.b[10:], "BOCHS ")
		}
		if addr, ok := f.GenericEvents(); ok {
			t.Errorf("%s: %#x", what, addr)
		}
	}
}

// fadtWith returns a table with that body, of no maker.
func fadtWith(t *testing.T, body []byte) *FADT {
	f := fadtOf(t, firmware(table("FACP", body...)))
	return &f
}

// TestCrossFADT compares with the reference implementation's disassembler.
func TestCrossFADT(t *testing.T) {
	iasl, err := exec.LookPath("iasl")
	if err != nil {
		t.Skip("iasl (Debian: acpica-tools) is not installed")
	}
	f := fadtOf(t, load(t, "q35-cpu4"))
	file := filepath.Join(t.TempDir(), "facp.dat")
	if err := os.WriteFile(file, f.b, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(iasl, "-d", file).CombinedOutput(); err != nil {
		t.Fatalf("iasl: %v\n%s", err, out)
	}
	dsl, err := os.ReadFile(file[:len(file)-3] + "dsl")
	if err != nil {
		t.Fatal(err)
	}
	b, ok := f.PowerButton()
	if !ok {
		t.Fatal("no button")
	}
	for name, got := range map[string]uint64{
		"SCI Interrupt": uint64(b.SCI), "SMI Command Port": uint64(b.Command), "ACPI Enable Value": uint64(b.ACPI),
		"PM1A Event Block Address": uint64(b.Event), "PM1A Control Block Address": uint64(b.Control),
		"PM1 Event Block Length": 2 * uint64(b.Enable-b.Event),
	} {
		m := regexp.MustCompile(name + ` : ([0-9A-F]+)`).FindSubmatch(dsl)
		if m == nil {
			t.Fatalf("no %s in\n%s", name, dsl)
		}
		if want, err := strconv.ParseUint(string(m[1]), 16, 64); err != nil || got != want {
			t.Errorf("%s: %#x, iasl has %s", name, got, m[1])
		}
	}
}

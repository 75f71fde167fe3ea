package machine

import (
	"slices"
	"testing"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/machine"
)

func out(port, v uint64) amd64test.Event {
	return amd64test.Event{Op: amd64test.Out, At: port, Value: v}
}

// TestEnd: an emulator takes the status with the first ports, and starts the machine
// again with the rest, unless it was told not to. Without ACPI's tables there is no other
// way off.
func TestEnd(t *testing.T) {
	again := func(status uint64) []amd64test.Event {
		return []amd64test.Event{out(portStatus, status), out(portReset, 6), out(portKBC, 0xfe)}
	}
	for _, c := range []struct {
		f    func(status uint8)
		want []amd64test.Event
	}{
		{machine.This.End, append([]amd64test.Event{out(portStatus, 200), out(portExit, 200&0x7f)}, again(200)...)},
		{machine.This.Reset, again(200)},
	} {
		amd64test.Enter(t)
		how, ended := amd64test.Ends(func() { c.f(200) })
		if told := amd64test.Take(amd64test.Out); !ended || how != amd64test.Reset || !slices.Equal(told, c.want) {
			t.Errorf("ended %v by %v: %x, want %x", ended, how, told, c.want)
		}
	}
}

// TestFind: the serial port's interrupt has its way out before the loader's information
// is looked at, and found to be none.
func TestFind(t *testing.T) {
	amd64test.Enter(t)
	pa := amd64test.RAM(t, 4096)
	if why := machine.This.Find(uintptr(pa)); why == "" {
		t.Error("a page of zeros is a memory map")
	}
	if told := amd64test.Take(amd64test.Out); !slices.Equal(told, []amd64test.Event{out(0x3fc, 0xb)}) {
		t.Errorf("%x", told)
	}
	if line, ok := machine.This.ConsoleLine(); !ok || line != 4 || machine.This.Console() != &com1 {
		t.Errorf("line %d, %v", line, ok)
	}
	if _, ok := machine.This.Random(); ok {
		t.Error("random words from nowhere")
	}
}

// TestCPUs: QEMU says how many there are, and nobody else.
func TestCPUs(t *testing.T) {
	amd64test.Enter(t)
	if n, ok := machine.This.CPUs(); ok {
		t.Errorf("nobody says %d", n)
	}
	amd64test.Script(0x511, 'Q', 'E', 'M', 'U', 3, 0)
	if n, ok := machine.This.CPUs(); !ok || n != 3 {
		t.Errorf("%d, %v", n, ok)
	}
}

package shutdown

import (
	"slices"
	"strings"
	"testing"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/klog"
	"yolk/kernel/machine/machinetest"
)

// ends returns what a machine that f ends has told by its ports, and said.
func ends(t *testing.T, f func()) (told []amd64test.Event, said string) {
	t.Helper()
	amd64test.Enter(t)
	amd64test.SetPort(machinetest.LineStatus, 0x60) // room in the serial port
	how, ended := amd64test.Ends(f)
	if !ended || how != amd64test.Reset {
		t.Fatalf("ended %v, by %v", ended, how)
	}
	for _, e := range amd64test.Take(amd64test.Out) {
		if e.At == machinetest.Serial {
			said += string(rune(e.Value))
		} else {
			told = append(told, e)
		}
	}
	return told, said
}

func out(port, v uint64) amd64test.Event {
	return amd64test.Event{Op: amd64test.Out, At: port, Value: v}
}

// off and again are what the machine is told to end, or to start again.
func off(status uint64) []amd64test.Event { return []amd64test.Event{out(machinetest.Status, status)} }

func again(status uint64) []amd64test.Event { return []amd64test.Event{out(machinetest.Again, status)} }

// TestExit: by the policy, and by the status.
func TestExit(t *testing.T) {
	defer func() { Restart = Never }()
	for _, c := range []struct {
		policy Policy
		status uint64
		want   []amd64test.Event
	}{
		{Never, 0, off(0)}, {Never, 200, off(200)},
		{OnFailure, 0, off(0)}, {OnFailure, 1, again(1)},
		{Always, 0, again(0)}, {Always, 3, again(3)},
	} {
		Restart = c.policy
		if told, _ := ends(t, func() { Exit(uint8(c.status)) }); !slices.Equal(told, c.want) {
			t.Errorf("policy %d, status %d: %x, want %x", c.policy, c.status, told, c.want)
		}
	}
	if told, _ := ends(t, func() { Off(7) }); !slices.Equal(told, off(7)) {
		t.Errorf("off: %x", told)
	}
	if told, _ := ends(t, Reset); !slices.Equal(told, again(0)) {
		t.Errorf("reset: %x", told)
	}
}

// TestFatal: the line comes before the end.
func TestFatal(t *testing.T) {
	told, said := ends(t, func() { Fatal(StatusKernel, klog.Last().Str("yolk: broken at ").Hex(0x10)) })
	if !slices.Equal(told, off(StatusKernel)) || strings.TrimSpace(said) != "yolk: broken at 0x10" {
		t.Errorf("%x, %q", told, said)
	}
}

package amd64test

import (
	"slices"
	"testing"

	"yolk/arch/amd64"
)

// TestInstructions: each comes once, with its operands, and the thread goes on.
func TestInstructions(t *testing.T) {
	Enter(t)
	SetPort(0x60, 0x12345678)
	Script(0x61, 1, 2)
	amd64.Out8(0x80, 0xab)
	amd64.Out16(0x81, 0xabcd)
	amd64.Out32(0x82, 0xabcdef01)
	if a, b, c := amd64.In8(0x60), amd64.In16(0x60), amd64.In32(0x60); a != 0x78 || b != 0x5678 || c != 0x12345678 {
		t.Errorf("%#x %#x %#x", a, b, c)
	}
	if a, b, c := amd64.In8(0x61), amd64.In8(0x61), amd64.In8(0x61); a != 1 || b != 2 || c != 0 {
		t.Errorf("a script of 1, 2: %d %d %d", a, b, c)
	}
	amd64.WriteMSR(0x6e0, 1<<40|5)
	if v := amd64.ReadMSR(0x6e0); v != 1<<40|5 || MSR(0x6e0) != v || amd64.ReadMSR(7) != 0 {
		t.Errorf("MSR %#x", v)
	}
	amd64.WriteCR3(0x1000)
	amd64.FlushTLB()
	amd64.WriteCR4(7)
	amd64.InvalidatePage(0x5000)
	amd64.WaitForInterrupt()
	want := []Event{
		{Out, 0x80, 0xab}, {Out, 0x81, 0xabcd}, {Out, 0x82, 0xabcdef01},
		{In, 0x60, 0x12345678}, {In, 0x60, 0x12345678}, {In, 0x60, 0x12345678}, {In, 0x61, 1}, {In, 0x61, 2}, {In, 0x61, 0},
		{WriteMSR, 0x6e0, 1<<40 | 5}, {ReadMSR, 0x6e0, 1<<40 | 5}, {ReadMSR, 7, 0},
		{WriteCR, 3, 0x1000}, {ReadCR, 3, 0x1000}, {WriteCR, 3, 0x1000}, {WriteCR, 4, 7}, {Invalidate, 0x5000, 0},
	}
	if got := Take(); !slices.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestEnds(t *testing.T) {
	Enter(t)
	for _, c := range []struct {
		f     func()
		how   Op
		ended bool
	}{{amd64.Halt, Halt, true}, {amd64.Reset, Reset, true}, {func() {}, 0, false}} {
		if how, ended := Ends(c.f); how != c.how || ended != c.ended {
			t.Errorf("%v %v, want %v %v", how, ended, c.how, c.ended)
		}
	}
	// Other faults are the program's.
	defer func() {
		if recover() == nil {
			t.Error("a nil pointer was followed")
		}
	}()
	Ends(func() { *(*int)(nil) = 1 })
}

func TestThis(t *testing.T) {
	Enter(t)
	if id := amd64.This().ID; id != 0 {
		t.Error(id)
	}
	second := new(amd64.CPU)
	Become(t, second, 5)
	if amd64.This() != second || second.ID != 5 {
		t.Errorf("%p %d", amd64.This(), second.ID)
	}
}

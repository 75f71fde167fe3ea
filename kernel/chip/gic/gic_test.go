package gic

import (
	"testing"
	"unsafe"

	"yolk/arch/mmio"
)

// registers is a distributor of plain memory: what was written stays, and
// write-one registers show the last write.
type registers [DistributorSize / 4]uint32

func chip(v Version, lines uint32) (*Chip, *registers) {
	r := new(registers)
	r[gicdTYPER/4] = lines/32 - 1
	return &Chip{Version: v, Dist: mmio.Mapped{Base: uintptr(unsafe.Pointer(r))}}, r
}

func TestInit(t *testing.T) {
	for _, v := range []Version{V2, V3} {
		c, r := chip(v, 96)
		r[gicdISENABLER/4+1] = 1
		if !c.Init() || c.Lines() != 96 {
			t.Errorf("version %d: %d lines", v, c.Lines())
		}
		for n := uint32(FirstSPI); n < 96; n += 32 {
			if r[(gicdICENABLER+n/8)/4] != ^uint32(0) || r[(gicdICPENDR+n/8)/4] != ^uint32(0) {
				t.Errorf("version %d: lines from %d are not disabled", v, n)
			}
			if group := r[(gicdIGROUPR+n/8)/4]; (group == ^uint32(0)) != (v == V3) {
				t.Errorf("version %d: group of lines from %d: %#x", v, n, group)
			}
		}
		if r[(gicdICENABLER+96/8)/4] != 0 || r[gicdICENABLER/4] != 0 {
			t.Errorf("version %d: lines of processors, or beyond the last, were touched", v)
		}
		want := map[Version]uint32{V2: ctlrEnable, V3: ctlrARE | ctlrGroup1}[v]
		if r[gicdCTLR/4] != want {
			t.Errorf("version %d: control %#x, want %#x", v, r[gicdCTLR/4], want)
		}
	}
}

// TestLines: a controller that claims more lines than there can be is not
// believed.
func TestLines(t *testing.T) {
	c, _ := chip(V2, 1024)
	if !c.Init() || c.Lines() != MaxLine {
		t.Errorf("%d lines", c.Lines())
	}
}

// TestStuck: the wait for a controller that never takes a write ends.
func TestStuck(t *testing.T) {
	c, r := chip(V3, 64)
	r[gicdTYPER/4] = 1
	r[gicdCTLR/4] = ctlrPending
	if c.settled() {
		t.Error("a write that is under way for ever is taken as done")
	}
}

func TestEnable(t *testing.T) {
	c, r := chip(V2, 96)
	c.boot = 4
	r[(gicdITARGETSR+40)/4] = 0x01010101
	c.Enable(42, false)
	if got := r[(gicdICFGR+40/16*4)/4]; got != 2<<(42%16*2) {
		t.Errorf("edge: configuration %#x", got)
	}
	if got := r[(gicdITARGETSR+40)/4]; got != 0x01040101 {
		t.Errorf("targets %#x", got)
	}
	if r[(gicdISENABLER+4)/4] != 1<<(42-32) {
		t.Error("not enabled")
	}
	c.Direct(42, 2)
	if got := r[(gicdITARGETSR+40)/4]; got != 0x01020101 {
		t.Errorf("another's targets %#x", got)
	}
	c.Enable(42, true)
	if got := r[(gicdICFGR+40/16*4)/4]; got != 0 {
		t.Errorf("level: configuration %#x", got)
	}

	c, r = chip(V3, 96)
	c.boot = 1<<24 | 0x000203
	c.Enable(95, true)
	if lo, hi := r[(gicdIROUTER+95*8)/4], r[(gicdIROUTER+95*8)/4+1]; lo != 0x203 || hi != 1 {
		t.Errorf("route %#x %#x", hi, lo)
	}
	c.Direct(95, 0x010304)
	if lo, hi := r[(gicdIROUTER+95*8)/4], r[(gicdIROUTER+95*8)/4+1]; lo != 0x10304 || hi != 0 {
		t.Errorf("another route %#x %#x", hi, lo)
	}
}

func TestMessages(t *testing.T) {
	for _, v := range []struct {
		typer uint32
		want  []int
	}{
		{80<<16 | 3, []int{80, 81, 82}},
		{16<<16 | 3, nil}, // of processors, not devices
		{94<<16 | 3, nil}, // beyond the last line
		{0, nil},
	} {
		c, _ := chip(V2, 96)
		c.Init()
		frame := new(registers)
		frame[v2mTYPER/4] = v.typer
		c.Frame.Base = uintptr(unsafe.Pointer(frame))
		c.UseFrame(0x8020000)
		for _, want := range v.want {
			if line, addr, data, ok := c.NewMessage(); !ok || line != want || addr != 0x8020040 || data != uint32(want) {
				t.Errorf("%#x: line %d, %d to %#x, %v", v.typer, line, data, addr, ok)
			}
		}
		if line, _, _, ok := c.NewMessage(); ok {
			t.Errorf("%#x: one more, %d", v.typer, line)
		}
	}
}

package bcm2837

import (
	"testing"

	"yolk/arch/mmio/mmiotest"
)

// pending makes the peripheral controller's registers show sources, as BCM2835
// 7.5 says: shortcuts are not counted in bits 8 and 9.
func pending(d *mmiotest.Device, sources ...Source) {
	d.Regs = map[uint32]uint32{}
	for _, s := range sources {
		if s >= sourceARM {
			d.Regs[icBasicPending] |= 1 << (s - sourceARM)
			continue
		}
		d.Regs[icPending1+4*uint32(s/32)] |= 1 << (s % 32)
		summary := uint32(basicPending1) << (s / 32)
		for i, short := range shortcuts {
			if short == s {
				summary = 1 << (basicShort + i)
			}
		}
		d.Regs[icBasicPending] |= summary
	}
}

func TestPeripheralSources(t *testing.T) {
	d := new(mmiotest.Device)
	p := &PeripheralController{Regs: d}
	for s := range Source(Sources) {
		p.Enable(s)
	}
	for s := range Source(Sources) {
		pending(d, s)
		if got, ok := p.Next(); !ok || got != s {
			t.Errorf("source %d: %d, %v", s, got, ok)
		}
	}
	pending(d)
	if s, ok := p.Next(); ok {
		t.Errorf("nothing pending: %d", s)
	}
}

// TestPeripheralServes takes all of several sources, one at a time.
func TestPeripheralServes(t *testing.T) {
	d := new(mmiotest.Device)
	p := &PeripheralController{Regs: d}
	all := []Source{9, 0, 31, 32, 57, 63, 64, 71}
	for _, s := range all {
		p.Enable(s)
	}
	pending(d, append(all, 1, 10, 33, 62, 65)...) // what is not enabled must not come out
	seen := map[Source]bool{}
	for range len(all) {
		s, ok := p.Next()
		if !ok || seen[s] {
			t.Fatalf("after %v: %d, %v", seen, s, ok)
		}
		seen[s] = true
		p.Disable(s)
	}
	if s, ok := p.Next(); ok {
		t.Errorf("%d came again", s)
	}
	for _, s := range all {
		if !seen[s] {
			t.Errorf("%d did not come", s)
		}
	}
}

func TestPeripheralRegisters(t *testing.T) {
	d := new(mmiotest.Device)
	p := &PeripheralController{Regs: d}
	p.Init()
	if got := d.Take(); got != "w 0c=0, w 1c=ffffffff, w 20=ffffffff, w 24=ffffffff" {
		t.Errorf("init: %s", got)
	}
	p.Enable(SourceUSB)
	p.Enable(SourceUART)
	p.Enable(64)
	p.Disable(SourceUART)
	if got := d.Take(); got != "w 10=200, w 14=2000000, w 18=1, w 20=2000000" {
		t.Errorf("enable, disable: %s", got)
	}
}

func TestLocalRegisters(t *testing.T) {
	d := new(mmiotest.Device)
	l := &LocalController{d}
	l.Init(0)
	l.InitCore(3)
	l.Ring(2, 5)
	if got := d.Take(); got != "w 00=0, w 08=80000000, w 0c=0, w f0=ffffffff, w 4c=8, w 5c=1, w a0=5" {
		t.Errorf("%s", got)
	}
	d.Regs = map[uint32]uint32{0x64: uint32(CauseTimer | CauseGPU), 0xd0: 6}
	if c := l.Causes(1); c != CauseTimer|CauseGPU {
		t.Errorf("causes %#x", c)
	}
	d.Take()
	if v := l.Take(1); v != 6 || d.Take() != "r d0, w d0=6" { // clears what was read, no more
		t.Errorf("took %#x", v)
	}
}

// TestChip takes a message, a tick and a device's interrupt that come at once.
func TestChip(t *testing.T) {
	local, peripheral := &mmiotest.Device{Regs: map[uint32]uint32{}}, new(mmiotest.Device)
	c := &Chip{LocalController{local}, PeripheralController{Regs: peripheral}}
	c.Init(0)
	c.Unmask(LineDevice + int(SourceUSB))
	pending(peripheral, SourceUSB)
	local.Regs[0x60] = uint32(CauseMailbox | CauseTimer | CauseGPU)
	local.OnWrite = func(off, v uint32) bool {
		if off == 0xc0 {
			local.Regs[0x60] &^= uint32(CauseMailbox)
		}
		return false
	}
	if line := c.Acknowledge(0); line != LineMessage {
		t.Error("message:", line)
	}
	if line := c.Acknowledge(0); line != LineTimer {
		t.Error("timer:", line)
	}
	local.Regs[0x60] &^= uint32(CauseTimer)
	if line := c.Acknowledge(0); line != LineDevice+9 {
		t.Error("USB:", line)
	}
	c.Mask(LineDevice + 9)
	if line := c.Acknowledge(0); line != NoLine {
		t.Error("masked, and the line still up:", line)
	}
	local.Take()
	c.Send(3)
	if got := local.Take(); got != "w b0=1" {
		t.Error(got)
	}
}

// TestPeripheralOvertaken: a source is enabled in the registers and nowhere else,
// because one core's Disable came between the two steps of another's Enable. It is kept
// from interrupting, which would else not end; but not if it is being enabled anew.
func TestPeripheralOvertaken(t *testing.T) {
	for _, s := range []Source{SourceUSB, 33} { // with a shortcut and without
		d := new(mmiotest.Device)
		p := &PeripheralController{Regs: d}
		pending(d, s)
		if s, ok := p.Next(); ok {
			t.Errorf("%d came", s)
		}
		off, on := icDisable1+4*uint32(s/32), icEnable1+4*uint32(s/32)
		if d.Regs[off] != 1<<(s%32) || d.Regs[on] != 0 {
			t.Errorf("source %d: %#x, %#x", s, d.Regs[off], d.Regs[on])
		}
		p.Enable(s)
		d.Regs[on] = 0
		p.refuse(s)
		if d.Regs[on] != 1<<(s%32) {
			t.Errorf("source %d stays refused", s)
		}
	}
}

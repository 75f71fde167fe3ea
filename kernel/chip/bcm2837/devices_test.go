package bcm2837_test

import (
	"testing"

	"yolk/arch/mmio/mmiotest"
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/bcm2837/bcm2837test"
)

// TestRestart: partition, countdown and action in this order, each with the
// password, other bits kept.
func TestRestart(t *testing.T) {
	for _, c := range []struct {
		restart func(*bcm2837.Power)
		want    string
	}{
		{(*bcm2837.Power).Reset, "w 20=5a001002, w 24=5a00000a, w 1c=5a000122"},
		{(*bcm2837.Power).Off, "w 20=5a001557, w 24=5a00000a, w 1c=5a000122"},
	} {
		d := &mmiotest.Device{Regs: map[uint32]uint32{0x20: 0x11001057, 0x1c: 0x22000112}}
		c.restart(&bcm2837.Power{Regs: d})
		if got := d.Writes(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestSystemTimer(t *testing.T) {
	// The low word wraps between the reads of the high word.
	values := []uint32{1, 0xffffffff, 2, 2, 3, 2}
	d := &mmiotest.Device{OnRead: func(uint32) (v uint32, ok bool) {
		v, values = values[0], values[1:]
		return v, true
	}}
	if now := (&bcm2837.SystemTimer{Regs: d}).Now(); now != 2<<32|3 {
		t.Errorf("%#x", now)
	}
	if got := d.Take(); got != "r 08, r 04, r 08, r 08, r 04, r 08" {
		t.Error(got)
	}

	// A wait across the wrap of the low word lasts as long.
	now := uint32(0xfffffffe)
	reads := 0
	d = &mmiotest.Device{OnRead: func(uint32) (uint32, bool) { reads++; now++; return now, true }}
	(&bcm2837.SystemTimer{Regs: d}).Wait(5)
	if reads != 7 { // the start, and six that are 1 to 6 us later
		t.Errorf("%d reads", reads)
	}
}

func TestRNG(t *testing.T) {
	d := new(mmiotest.Device)
	r := &bcm2837.RNG{Regs: d, Timer: &bcm2837.SystemTimer{Regs: bcm2837test.Clock(1000)}}
	r.Start()
	if got := d.Writes(); got != "w 04=40000, w 10=1, w 00=1" { // warm-up count first, then on
		t.Error(got)
	}
	r.Start()
	if got := d.Writes(); got != "" {
		t.Errorf("started twice: %s", got)
	}

	// Words come one at a time; the count in the top byte says when.
	polls, word := 0, uint32(0)
	d.OnRead = func(off uint32) (uint32, bool) {
		switch off {
		case 0x04:
			polls++
			return uint32(polls%3/2) << 24, true
		case 0x08:
			word++
			return word, true
		}
		return 0, false
	}
	if v, ok := r.Draw(); v != 1<<32|2 || !ok {
		t.Errorf("%#x, %v", v, ok)
	}
	if got := d.Take(); got != "r 04, r 04, r 08, r 04, r 04, r 04, r 08" {
		t.Error(got)
	}
	d.OnRead = nil
	if _, ok := r.Draw(); ok {
		t.Error("words from a generator that has none")
	}
}

func TestPins(t *testing.T) {
	d := &mmiotest.Device{Regs: map[uint32]uint32{0x04: 0b101_010_110_001_111}}
	g := &bcm2837.GPIO{Regs: d, Timer: &bcm2837.SystemTimer{Regs: bcm2837test.Clock(1)}}
	for pin, want := range map[uint32]bcm2837.Function{10: bcm2837.Alt3, 11: bcm2837.Output, 12: bcm2837.Alt2, 13: bcm2837.Alt5, 14: bcm2837.Alt1, 20: bcm2837.Input} {
		if got := g.Function(pin); got != want {
			t.Errorf("pin %d: %d, want %d", pin, got, want)
		}
	}
	d.Take()
	g.ConnectUART(bcm2837.Alt0)
	// Pull: what, which, and both back to zero; then the functions, others kept.
	want := "w 94=0, w 98=4000, w 94=0, w 98=0, w 94=2, w 98=8000, w 94=0, w 98=0, w 04=458f, w 04=2458f"
	if got := d.Writes(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	g.SetPull(33, bcm2837.PullDown)
	if got := d.Writes(); got != "w 94=1, w 9c=2, w 94=0, w 9c=0" {
		t.Error(got)
	}
}

func TestBus(t *testing.T) {
	if b := bcm2837.Bus(0x12345678); b != 0xd2345678 {
		t.Errorf("%#x", b)
	}
}

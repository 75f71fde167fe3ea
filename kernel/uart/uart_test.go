package uart

import (
	"testing"

	"yolk/arch/mmio/mmiotest"
)

// TestInitOrder asserts the order of the manuals' procedures, which hardware
// needs and the emulator does not.
func TestInitOrder(t *testing.T) {
	busy := 2
	pl011 := &mmiotest.Device{OnRead: func(off uint32) (uint32, bool) {
		if off == pl011FR && busy > 0 {
			busy--
			return frBUSY, true
		}
		return frRXFE, off == pl011FR
	}}
	status := []uint32{lsrRoom, lsrRoom | lsrIdle}                  // sending, then not
	aux := &mmiotest.Device{Regs: map[uint32]uint32{auxENABLES: 6}} // both SPIs are on
	aux.OnRead = func(off uint32) (v uint32, ok bool) {
		if off == muLSR {
			v, status = status[0], status[1:]
		}
		return v, off == muLSR
	}
	for _, c := range []struct {
		kind  Kind
		dev   *mmiotest.Device
		clock uint32
		want  string
	}{
		{PL011, pl011, 48_000_000, "w 30=0, r 18, r 18, r 18, r 18, w 2c=0, w 38=0, w 44=7ff, w 24=1a, w 28=3, w 2c=70, w 30=301"},
		{Mini, aux, 250_000_000, "r 04, w 04=7, r 54, r 54, w 60=0, w 44=0, w 48=6, w 4c=3, w 50=0, w 68=10e, w 60=3"},
		{None, new(mmiotest.Device), 1, ""},
	} {
		p := &Port{Kind: c.kind, Regs: c.dev}
		p.Init(c.clock, 115200)
		if got := c.dev.Take(); got != c.want {
			t.Errorf("%v:\n got %s\nwant %s", c.kind, got, c.want)
		}
	}
}

func TestInitOfAStuckPort(t *testing.T) {
	d := &mmiotest.Device{Regs: map[uint32]uint32{pl011FR: frBUSY | frTXFF}}
	p := &Port{Kind: PL011, Regs: d}
	p.Init(48_000_000, 115200)
	p.Put('x')
	if d.Regs[pl011CR] != crUARTEN|crTXE|crRXE {
		t.Error("not enabled")
	}
	if _, sent := d.Regs[pl011DR]; sent {
		t.Error("sent into a full FIFO")
	}
}

// TestDivisors has the manuals' examples and the limits.
func TestDivisors(t *testing.T) {
	for _, c := range []struct{ clock, baud, pl011, mini uint32 }{
		{4_000_000, 230_400, 1<<6 | 5, 1}, // PL011 3.3.6, example 3-1
		{48_000_000, 115_200, 26<<6 | 3, 51},
		{250_000_000, 115_200, 135<<6 | 41, 270},
		{400_000_000, 115_200, 217<<6 | 1, 433},
		{1, 115_200, 1 << 6, 0},
		{4_000_000_000, 1, 65535 << 6, 65535},
		{250_000_000, 0, 65535 << 6, 65535},
	} {
		if got := divisorPL011(c.clock, c.baud); got != c.pl011 {
			t.Errorf("PL011 at %d Hz, %d baud: %d+%d/64", c.clock, c.baud, got>>6, got&63)
		}
		if got := divisorMini(c.clock, c.baud); got != c.mini {
			t.Errorf("mini UART at %d Hz, %d baud: %d", c.clock, c.baud, got)
		}
	}
}

// A line is what arrives at a port, with the PL011's error bits.
func line(kind Kind, words ...uint32) *Port {
	return &Port{Kind: kind, Regs: &mmiotest.Device{OnRead: func(off uint32) (v uint32, ok bool) {
		switch {
		case kind == PL011 && off == pl011FR && len(words) == 0:
			return frRXFE, true
		case kind == Mini && off == muLSR && len(words) > 0:
			return lsrReady, true
		case kind == PL011 && off == pl011DR || kind == Mini && off == muIO:
			v, words = words[0], words[1:]
			return v, true
		}
		return 0, false
	}}}
}

func received(p *Port) (s string) {
	for {
		c, ok := p.Get()
		if !ok {
			return s
		}
		s += string(rune(c))
	}
}

func TestGet(t *testing.T) {
	// a, framing error, parity error, break, b after an overrun
	if got := received(line(PL011, 'a', 'x'|1<<8, 'y'|1<<9, 1<<10, 'b'|1<<11)); got != "ab" {
		t.Errorf("PL011: %q", got)
	}
	if got := received(line(Mini, 'a', 'b')); got != "ab" {
		t.Errorf("mini UART: %q", got)
	}
	if got := received(line(None)); got != "" {
		t.Errorf("none: %q", got)
	}
}

// TestInitKeepsInput: what came before the FIFO is set up comes first, and more
// than there is room for stays in it.
func TestInitKeepsInput(t *testing.T) {
	var words []uint32
	for c := 'a'; c <= 'z'; c++ {
		words = append(words, uint32(c))
	}
	p := line(PL011, words...)
	p.Init(48_000_000, 115200)
	if got := received(p); got != "abcdefghijklmnopqrstuvwxyz" {
		t.Errorf("%q", got)
	}
}

func TestPutWaitsForRoom(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		flags      uint32
		full, room uint32
		want       string
	}{
		{PL011, pl011FR, frTXFF, 0, "r 18, r 18, r 18, w 00=41"},
		{Mini, muLSR, 0, lsrRoom, "r 54, r 54, r 54, w 40=41"},
	} {
		reads := 0
		d := &mmiotest.Device{OnRead: func(off uint32) (uint32, bool) {
			if reads++; reads < 3 {
				return c.full, off == c.flags
			}
			return c.room, off == c.flags
		}}
		(&Port{Kind: c.kind, Regs: d}).Put('A')
		if got := d.Take(); got != c.want {
			t.Errorf("%v: %s", c.kind, got)
		}
	}
}

func TestEnableInput(t *testing.T) {
	for kind, want := range map[Kind]string{PL011: "w 34=0, w 44=7ff, w 38=50", Mini: "w 44=1", None: ""} {
		d := new(mmiotest.Device)
		(&Port{Kind: kind, Regs: d}).EnableInput()
		if got := d.Take(); got != want {
			t.Errorf("%v: %s", kind, got)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	p := &Port{Kind: PL011, Regs: quiet{}}
	if n := testing.AllocsPerRun(100, func() { p.Init(1, 1); p.Put('x'); p.Get(); p.EnableInput() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// quiet reads as zero: always room, and no byte without the end of input.
type quiet struct{}

func (quiet) Read32(off uint32) uint32 {
	if off == pl011FR {
		return frRXFE
	}
	return 0
}
func (quiet) Write32(off, v uint32) {}

func TestParseConsole(t *testing.T) {
	for v, want := range map[string]struct {
		kind Kind
		baud uint32
	}{
		"ttyAMA0,115200":      {PL011, 115200},
		"ttyS0,9600n8":        {Mini, 9600},
		"pl011":               {PL011, DefaultBaud},
		"miniuart,":           {Mini, DefaultBaud},
		"ttyS0,1":             {Mini, DefaultBaud},
		"ttyS0,fast":          {Mini, DefaultBaud},
		"ttyS0,4294967396":    {Mini, DefaultBaud}, // 100 more than 32 bits hold
		"ttyAMA0,99999999999": {PL011, DefaultBaud},
		"tty1":                {None, DefaultBaud},
		"":                    {None, DefaultBaud},
		",9600":               {None, 9600},
	} {
		if kind, baud := ParseConsole([]byte(v)); kind != want.kind || baud != want.baud {
			t.Errorf("%q: %v, %d", v, kind, baud)
		}
	}
}

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
		kind  *Kind
		dev   *mmiotest.Device
		clock uint32
		want  string
	}{
		{&PL011, pl011, 48_000_000, "w 30=0, r 18, r 18, r 18, r 18, w 2c=0, w 38=0, w 44=7ff, w 24=1a, w 28=3, w 2c=70, w 30=301"},
		{&Mini, aux, 250_000_000, "r 04, w 04=7, r 54, r 54, w 60=0, w 44=0, w 48=6, w 4c=3, w 50=0, w 68=10e, w 60=3"},
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
	p := &Port{Kind: &PL011, Regs: d}
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
func line(kind *Kind, words ...uint32) *Port {
	return &Port{Kind: kind, Regs: &mmiotest.Device{OnRead: func(off uint32) (v uint32, ok bool) {
		switch {
		case kind == &PL011 && off == pl011FR && len(words) == 0:
			return frRXFE, true
		case kind == &Mini && off == muLSR && len(words) > 0:
			return lsrReady, true
		case kind == &PL011 && off == pl011DR || kind == &Mini && off == muIO:
			v, words = words[0], words[1:]
			return v, true
		}
		return 0, false
	}}}
}

// received is what the port collects, queue by queue.
func received(p *Port) (s string) {
	for p.Collect(); ; p.Collect() {
		c, ok := p.Get()
		if !ok {
			return s
		}
		s += string(rune(c))
	}
}

func TestGet(t *testing.T) {
	// a, framing error, parity error, break, b after an overrun
	if got := received(line(&PL011, 'a', 'x'|1<<8, 'y'|1<<9, 1<<10, 'b'|1<<11)); got != "ab" {
		t.Errorf("PL011: %q", got)
	}
	if got := received(line(&Mini, 'a', 'b')); got != "ab" {
		t.Errorf("mini UART: %q", got)
	}
}

// TestInitKeepsInput: what came before the FIFO is set up comes first, and more
// than there is room for stays in it.
func TestInitKeepsInput(t *testing.T) {
	var words []uint32
	for c := 'a'; c <= 'z'; c++ {
		words = append(words, uint32(c))
	}
	p := line(&PL011, words...)
	p.Init(48_000_000, 115200)
	if got := received(p); got != "abcdefghijklmnopqrstuvwxyz" {
		t.Errorf("%q", got)
	}
}

func TestPutWaitsForRoom(t *testing.T) {
	for _, c := range []struct {
		kind       *Kind
		flags      uint32
		full, room uint32
		want       string
	}{
		{&PL011, pl011FR, frTXFF, 0, "r 18, r 18, r 18, w 00=41"},
		{&Mini, muLSR, 0, lsrRoom, "r 54, r 54, r 54, w 40=41"},
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

func TestListen(t *testing.T) {
	for _, c := range []struct {
		kind   *Kind
		input  bool
		queued int
		want   string
	}{
		{&PL011, true, 0, "w 34=0, w 38=50"},
		{&PL011, false, 0, "w 34=0, w 38=50"}, // for the breaks among the bytes
		{&PL011, true, queueSize, "w 38=0"},
		{&Mini, true, 0, "w 44=1"},
		{&Mini, false, 0, "w 44=0"},
		{&Mini, true, queueSize, "w 44=0"},
		{&NS16550, true, 0, "w 04=5"},
		{&NS16550, false, 0, "w 04=4"},
		{&NS16550, true, queueSize, "w 04=4"},
	} {
		d := new(mmiotest.Device)
		p := Port{Kind: c.kind, Regs: d, length: c.queued}
		p.Listen(c.input)
		if got := d.Take(); got != c.want {
			t.Errorf("%v, input %v, %d in the queue: %s, want %s", c.kind, c.input, c.queued, got, c.want)
		}
	}
}

// A com is a 16550: it shows breaks at once, as QEMU does, and once.
type com struct {
	fifo   []byte
	status uint32
	room   int // reads of the status until there is room to send
	sent   []byte
}

func (c *com) Read32(off uint32) uint32 {
	switch {
	case off == nsRBR && len(c.fifo) > 0:
		v := c.fifo[0]
		c.fifo = c.fifo[1:]
		return uint32(v)
	case off == nsLSR:
		v := c.status
		c.status = 0
		if len(c.fifo) > 0 {
			v |= lsrReady
		}
		if c.room--; c.room <= 0 {
			v |= lsrRoom
		}
		return v
	}
	return 0
}

func (c *com) Write32(off, v uint32) {
	if off == nsTHR {
		c.sent = append(c.sent, byte(v))
	}
}

func (c *com) sendBreak() {
	c.fifo = append(c.fifo, 0)
	c.status |= lsrBreak
}

func TestBreak(t *testing.T) {
	c := &com{fifo: []byte("ab")}
	p := &Port{Kind: &NS16550, Regs: c}
	c.sendBreak()
	c.fifo = append(c.fifo, "c\x00"...) // and a NUL that is one
	if got := received(p); got != "abc\x00" || !p.TakeBreak() || p.TakeBreak() {
		t.Errorf("among bytes: %q", got)
	}
	c.sendBreak()
	c.room = 3
	if p.Put('x'); string(c.sent) != "x" || !p.TakeBreak() {
		t.Errorf("shown to the sender: sent %q", c.sent)
	}
	if got := received(p); got != "" {
		t.Errorf("the NUL of a break that the sender saw: %q", got)
	}
	full := &Port{Kind: &NS16550, Regs: c, length: queueSize}
	c.sendBreak()
	if full.Collect(); !full.TakeBreak() {
		t.Error("not seen while the queue is full")
	}
	p = line(&PL011, 'a', drBreak, 'b')
	if got := received(p); got != "ab" || !p.TakeBreak() || p.TakeBreak() {
		t.Errorf("PL011: %q", got)
	}
	p = line(&PL011, 'a', 'x'|1<<8)
	if received(p); p.TakeBreak() {
		t.Error("PL011: a framing error is taken for a break")
	}
}

// TestAbsent: ports that nobody answers read as ones.
func TestAbsent(t *testing.T) {
	p := &Port{Kind: &NS16550, Regs: &mmiotest.Device{OnRead: func(uint32) (uint32, bool) { return 0xff, true }}}
	p.Put('x')
	if got := received(p); got != "" || p.TakeBreak() {
		t.Errorf("received %q", got)
	}
}

// TestFullQueue: what there is no room for stays in the port.
func TestFullQueue(t *testing.T) {
	for _, kind := range []*Kind{&PL011, &Mini, &NS16550} {
		words := make([]uint32, queueSize+10)
		c := &com{}
		for i := range words {
			words[i] = uint32('0' + i)
			c.fifo = append(c.fifo, byte('0'+i))
		}
		p := line(kind, words...)
		if kind == &NS16550 {
			p.Regs = c
		}
		p.Collect()
		if p.Waiting() != queueSize {
			t.Errorf("%v: %d bytes in the queue", kind, p.Waiting())
		}
		for i := range words {
			if b, ok := p.Get(); !ok || b != byte('0'+i) {
				t.Fatalf("%v: byte %d is %q %v", kind, i, b, ok)
			}
			if i == queueSize/2 {
				p.Collect() // around the end of the queue
			}
		}
		if _, ok := p.Get(); ok {
			t.Errorf("%v: more than was sent", kind)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	p := &Port{Kind: &PL011, Regs: quiet{}}
	if n := testing.AllocsPerRun(100, func() { p.Init(1, 1); p.Put('x'); p.Collect(); p.Get(); p.Listen(true) }); n != 0 {
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
		kind *Kind
		baud uint32
	}{
		"ttyAMA0,115200":      {&PL011, 115200},
		"ttyS0,9600n8":        {&Mini, 9600},
		"pl011":               {&PL011, DefaultBaud},
		"miniuart,":           {&Mini, DefaultBaud},
		"ttyS0,1":             {&Mini, DefaultBaud},
		"ttyS0,fast":          {&Mini, DefaultBaud},
		"ttyS0,4294967396":    {&Mini, DefaultBaud}, // 100 more than 32 bits hold
		"ttyAMA0,99999999999": {&PL011, DefaultBaud},
		"tty1":                {nil, DefaultBaud},
		"":                    {nil, DefaultBaud},
		",9600":               {nil, 9600},
	} {
		if kind, baud := ParseConsole([]byte(v)); kind != want.kind || baud != want.baud {
			t.Errorf("%q: %v, %d", v, kind, baud)
		}
	}
}

package clock

import (
	"testing"
	"unsafe"

	"yolk/arch"
	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/chip/lapic"
)

// enter is a machine with an APIC, and no other clock than the time-stamp counter,
// which is believed to have 2 GHz and to have begun two seconds ago.
func enter(t testing.TB) {
	t.Helper()
	amd64test.Enter(t)
	amd64test.Map(t, lapic.Base, 4096)
	amd64test.Map(t, HPETBase, 4096)
	amd64test.SetCMOS(0, 0xff) // no second
	old, oldReferences := paravirtual, references
	t.Cleanup(func() { paravirtual, references = old, oldReferences })
	for i := range references {
		references[i].patience = 1 << 24
	}
	Hz, From, used, tscDeadline, lapicHz = 0, 0, 0, false, 0
	armed = [64]uint64{}
	*arch.Wall() = arch.WallClock{Due: ^uint64(0)}
	amd64.SetClock(amd64.ClockParams{Base: amd64.TSC() - 4e9, Mult: 1 << 31})
	amd64test.Take()
}

// near tells whether a rate is as it should be, but for a part in n.
func near(hz, want, n uint64) bool { return hz > want-want/n && hz < want+want/n }

// TestMeasure: a time-stamp counter of any rate is found by the interval timer. A host
// that stalls the test makes a rate wrong, not all of them.
func TestMeasure(t *testing.T) {
	for _, hz := range []uint64{800e6, 2_595_123_456, 5e9} {
		found := false
		for try := 0; try < 50 && !found; try++ {
			enter(t)
			amd64test.SetPIT(hz)
			if !measure() || From != PIT {
				t.Fatalf("no rate, from %v", From)
			}
			found = near(Hz, hz, 100)
		}
		if !found {
			t.Errorf("%d Hz, want %d", Hz, hz)
		}
	}
}

// TestRefine: a rate that is wrong by a part in a thousand is right to a few in a
// million some seconds later, and time does not step.
func TestRefine(t *testing.T) {
	const hz, seconds = 2_500_000_000, 3
	found := false
	for try := 0; try < 50 && !found; try++ {
		enter(t)
		amd64test.SetPIT(hz)
		Hz, used = hz/1000*1001, 1
		tsc := amd64.TSC() - seconds*hz
		origin = sample{tsc: tsc, count: uint64(mulDiv(tsc, pitHz, hz)) & 0xffff}
		amd64.SetClock(amd64.ClockParams{Base: tsc, Mult: nsPerTick(Hz, 1)})
		before := Now()
		Refine()
		if step := Now() - before; int64(step) < 0 || used != 0 {
			t.Fatalf("time stepped by %d ns", int64(step))
		}
		found = near(Hz, hz, 100000)
	}
	if !found {
		t.Errorf("%d Hz, want %d", Hz, hz)
	}
	Refine() // once
	// Too early, there is nothing to compare; too late, nobody knows how many periods.
	for _, ns := range []uint64{refineAfter / 2, refineUntil + 1e9} {
		enter(t)
		Hz, used = hz, 1
		amd64.SetClock(amd64.ClockParams{Base: amd64.TSC() - ns*2, Mult: 1 << 31})
		if Refine(); Hz != hz || (used == 0) != (ns > refineUntil) {
			t.Errorf("after %d ns: %d Hz", ns, Hz)
		}
	}
}

// TestHPET: one that says something credible is used, by the rate that it says.
func TestHPET(t *testing.T) {
	enter(t)
	for period, ok := range map[uint32]bool{0: false, 999_999: false, 100_000_001: false, 0xffffffff: false, 10_000_000: true, 69_841_279: true} {
		*hpet(hpetPeriod), *hpet(hpetConfig) = period, 0
		r := references[2]
		if got := r.start(&r); got != ok || ok && (r.hz != 1e15/uint64(period) || *hpet(hpetConfig)&hpetEnable == 0) {
			t.Errorf("%d fs: %v, %d Hz, configured %#x", period, got, r.hz, *hpet(hpetConfig))
		}
	}
	*hpet(hpetCounter) = 77
	if n := countHPET(); n != 77 {
		t.Error(n)
	}
}

// TestNoReference: a machine with nothing to measure by says so, and soon.
func TestNoReference(t *testing.T) {
	enter(t)
	*hpet(hpetPeriod) = 10_000_000 // one that does not count
	if measure() || Hz != 0 {
		t.Errorf("%d Hz from %v", Hz, From)
	}
	amd64test.SetCMOS(0, 0x30) // nor a clock whose seconds do not pass
	if measure() || Hz != 0 {
		t.Errorf("%d Hz from %v", Hz, From)
	}
}

// TestInit: whatever states the rate on this host, or the interval timer.
func TestInit(t *testing.T) {
	enter(t)
	amd64test.SetPIT(2e9)
	if !Init(32) || Hz == 0 || From.String() == "" {
		t.Fatalf("%d Hz from %v", Hz, From)
	}
	if now := Now(); now > 60e9 {
		t.Errorf("%d ns since the start", now)
	}
	_, _, c, _ := amd64.CPUID(1, 0)
	if tscDeadline != (c&(1<<24) != 0) {
		t.Errorf("deadlines: %v", tscDeadline)
	}
	InitCPU(32)
	for s := PIT; s <= KVM; s++ {
		for other := range s {
			if s.String() == other.String() {
				t.Errorf("%d and %d are %s", s, other, s)
			}
		}
	}
}

// TestTimer: what the timer is set to, by either of its ways.
func TestTimer(t *testing.T) {
	enter(t)
	Hz, lapicHz = 2e9, 1e9
	initial := (*uint32)(unsafe.Pointer(uintptr(lapic.Base + 0x380)))
	for _, c := range []struct{ delta, ticks uint64 }{{0, 0}, {1e6, 1e6}, {1, 1}, {1e15, 0xffffffff}} {
		if count(c.delta); uint64(*initial) != c.ticks {
			t.Errorf("%d ns are %d ticks, want %d", c.delta, *initial, c.ticks)
		}
	}
	tscDeadline = true
	count(0)
	if v := amd64test.MSR(msrTSCDeadline); v != 0 {
		t.Errorf("never is %d", v)
	}
	before := amd64.TSC()
	count(1e9)
	if v := amd64test.MSR(msrTSCDeadline); v < before+2e9 || v > amd64.TSC()+2e9 {
		t.Errorf("%d, and a second is from %d on", v, before+2e9)
	}
	// A deadline far away interrupts early, one that is over soon.
	for _, c := range []struct{ from, least, most uint64 }{{1e12, 2e9, 2e9}, {0, 1000, 1000}, {1e6, 1000, 1e6}} {
		amd64test.Take()
		before := amd64.TSC()
		deadline := uint64(1)
		if c.from != 0 {
			deadline = Now() + c.from
		}
		program(deadline)
		after := amd64.TSC()
		if v := amd64test.MSR(msrTSCDeadline); v < before+2*c.least || v > after+2*c.most {
			t.Errorf("%d ns away is set to %d ticks from then", c.from, v-before)
		}
	}
	program(0)
	if v := amd64test.MSR(msrTSCDeadline); v != 0 {
		t.Errorf("never is %d", v)
	}
}

// TestArm: a timer is set when it has to be, and knows that it fired.
func TestArm(t *testing.T) {
	enter(t)
	Hz, tscDeadline = 2e9, true
	set := func(deadline uint64) bool {
		amd64test.Take()
		Arm(deadline)
		return len(amd64test.Take(amd64test.WriteMSR)) == 1
	}
	now := Now()
	if !set(now+1e9) || set(now+2e9) || set(0) || !set(now+1e6) || set(now+1e9) {
		t.Error("not as it has to be")
	}
	if Fired(); !set(now + 2e9) {
		t.Error("not set anew when it had fired")
	}
}

// setRTC makes the chip show a time.
func setRTC(digits [7]uint8) {
	for i, reg := range []uint8{0x32, 9, 8, 7, 4, 2, 0} { // century to second
		amd64test.SetCMOS(reg, digits[i])
	}
}

// TestRTC: a date, or none.
func TestRTC(t *testing.T) {
	enter(t)
	for _, c := range []struct {
		digits [7]uint8
		status uint8
		want   uint64
		ok     bool
	}{
		{[7]uint8{0x20, 0x26, 0x11, 0x29, 0x18, 0x30, 0x59}, 0x26, 1795977059, true},
		{[7]uint8{0x19, 0x70, 0x01, 0x01, 0, 0, 0}, 0x26, 0, true},
		{[7]uint8{0x20, 0x26, 0x11, 0x29, 0x18, 0x30, 0x59}, 0xa6, 0, false}, // it is being changed
		{[7]uint8{0x19, 0x69, 0x12, 0x31, 0, 0, 0}, 0x26, 0, false},
		{[7]uint8{0x20, 0x26, 0, 0x29, 0, 0, 0}, 0x26, 0, false},
		{[7]uint8{0x20, 0x26, 0x13, 0x29, 0, 0, 0}, 0x26, 0, false},
		{[7]uint8{0x20, 0x26, 0x11, 0, 0, 0, 0}, 0x26, 0, false},
		{[7]uint8{0x20, 0x26, 0x11, 0x32, 0, 0, 0}, 0x26, 0, false},
		{[7]uint8{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0x26, 0, false}, // no chip
	} {
		setRTC(c.digits)
		amd64test.SetCMOS(10, c.status)
		if got, ok := readRTC(); got != c.want || ok != c.ok {
			t.Errorf("%x: %d %v, want %d %v", c.digits, got, ok, c.want, c.ok)
		}
	}
}

// TestWall: the wall clock follows the chip, and says when nobody has set it.
func TestWall(t *testing.T) {
	enter(t)
	amd64test.SetCMOS(10, 0x80) // never readable
	if InitWall(); WallIsSet() {
		t.Error("it shows the time of no clock")
	}
	setRTC([7]uint8{0x20, 0x26, 0x11, 0x29, 0x18, 0x30, 0x59})
	amd64test.SetCMOS(10, 0x26)
	const shown = 1795977059
	if InitWall(); !WallIsSet() || Wall() < shown*1e9 || Wall() > (shown+3)*1e9 {
		t.Errorf("%d, and the chip shows %d", Wall(), shown)
	}
	SetWall(1e18)
	if now := Wall(); now < 1e18 || now > 1e18+1e9 {
		t.Errorf("set to 10^18, it is %d", now)
	}
	arch.Wall().Due = 0 // time to look
	if now := Wall() / 1e9; now < shown || now > shown+3 {
		t.Errorf("it did not look: %d", now)
	}
	arch.Wall().Due = 0
	amd64test.SetCMOS(10, 0x80)
	if now := Wall() / 1e9; now < shown || now > shown+3 || arch.Wall().Due > Now()+lookAgain {
		t.Errorf("%d, when it could not be read, and it looks again in %d ns", now, arch.Wall().Due-Now())
	}
}

// TestPVClock: KVM's clock, where KVM answers, and not where it does not.
func TestPVClock(t *testing.T) {
	enter(t)
	pa := amd64test.RAM(t, 4096)
	va := amd64test.Addr(pa)
	UsePVClock(pa, va)
	if startPVClock() || paravirtual.page != 0 {
		t.Error("a clock that nobody writes runs")
	}
	if wasStopped() {
		t.Error("stopped without a clock")
	}
	UsePVClock(pa, va)
	c := &page().clocks[0]
	*c = amd64.PVClock{Version: 2, Mul: 1 << 31, Flags: amd64.PVStopped}
	if !startPVClock() || amd64.This().Clock != uintptr(unsafe.Pointer(c)) || amd64test.MSR(msrSystemTime) != pa|1 {
		t.Errorf("clock at %#x, KVM was told %#x", amd64.This().Clock, amd64test.MSR(msrSystemTime))
	}
	if !wasStopped() || Hz != 2e9 || wasStopped() {
		t.Errorf("not stopped once, %d Hz", Hz)
	}
	w := &page().wall
	w.version, w.seconds, w.nanoseconds = 2, 1_700_000_000, 5
	amd64.This().Clock = 0
	lo, hi, ok := readWall()
	if want := uint64(1_700_000_000e9 + 5); !ok || lo != hi || lo < want || lo > want+60e9 || amd64test.MSR(msrWallClock) != pa+2048 {
		t.Errorf("%d to %d, %v; KVM was told %#x", lo, hi, ok, amd64test.MSR(msrWallClock))
	}
	for _, bad := range [][2]uint32{{0, 5}, {3, 5}, {2, 0}} {
		w.version, w.seconds = bad[0], bad[1]
		if _, _, ok := readWall(); ok {
			t.Errorf("a time from %d", bad)
		}
	}
	if HasPVClock() != (amd64.KVMFeatures()&amd64.KVMClock != 0) {
		t.Error("whether there is one")
	}
}

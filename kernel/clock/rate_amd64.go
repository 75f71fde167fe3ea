package clock

import (
	"yolk/arch/amd64"
	"yolk/kernel/chip/lapic"
)

// A reference is a clock of a known rate that the processor's are compared with.
type reference struct {
	source   Source
	hz       uint64
	mask     uint64 // of its count, which goes up and begins again after that
	ticks    uint64 // how many to compare over
	patience uint64 // how many of the time-stamp counter that may take
	start    func(*reference) bool
	count    func() uint64
}

// The patience with a reference that does not count: milliseconds become 0.1 s at
// 10 GHz and 1 s at 1 GHz, seconds sixteen times that.
const (
	short = 1 << 30
	long  = 1 << 34
)

// references are tried in this order, after the counter itself when its rate is
// known.
var references = [...]reference{
	{mask: 1<<64 - 1, patience: short, count: amd64.TSC},
	{PIT, pitHz, 1<<16 - 1, pitHz / 1000, short, startPIT, countPIT},
	{HPET, 0, 1<<32 - 1, 0, short, startHPET, countHPET},
	{RTC, 1, 1<<64 - 1, 1, long, startRTC, countRTC},
}

// A sample is the time-stamp counter and a reference at one moment.
type sample struct{ tsc, count uint64 }

// origin is the first sample of the reference that gave the counter's rate; refine
// compares a much later one with it.
var (
	origin sample
	used   int // its index, 0: nothing to correct
)

// measure finds the rates of the time-stamp counter and of the APIC's timer, over a
// millisecond with most references: good to a part in a thousand, and refined later.
// It reports false on a machine that has none of them.
func measure() bool {
	if Hz != 0 {
		r := &references[0]
		r.hz, r.ticks = Hz, Hz/1000
		return compare(0)
	}
	for i := 1; i < len(references); i++ {
		if r := &references[i]; r.start(r) && compare(i) {
			return true
		}
	}
	return false
}

// compare lets both run against reference i. It reports false when that does not
// count.
func compare(i int) bool {
	r := &references[i]
	lapic.SetCount(^uint32(0))
	first := r.sample()
	apic := lapic.Count()
	for {
		s := r.sample()
		ticks := (s.count - first.count) & r.mask
		elapsed := s.tsc - first.tsc
		if ticks < r.ticks {
			if elapsed > r.patience {
				return false
			}
			continue
		}
		lapicHz = mulDiv(uint64(apic-lapic.Count()), r.hz, ticks)
		lapic.SetCount(0)
		if Hz == 0 {
			Hz, From = mulDiv(elapsed, r.hz, ticks), r.source
			origin, used = first, i
		}
		return true
	}
}

// sample reads both clocks; of a few readings it keeps the one that took least
// time, so that a host that stalls us in the middle does not bend the rate.
func (r *reference) sample() (s sample) {
	best := ^uint64(0)
	for range 3 {
		before := amd64.TSC()
		count := r.count()
		after := amd64.TSC()
		if d := after - before; d < best {
			best, s = d, sample{before + d/2, count}
		}
	}
	return s
}

// refineAfter is when the rate is computed again, to a few parts in a million.
// Before 20 s the first rate is still good enough to tell how many periods of
// the reference have passed.
const (
	refineAfter = 1e9
	refineUntil = 20e9
)

// Refine corrects a measured rate once, without a step in the time. The timer
// interrupt calls it.
func Refine() {
	if used == 0 {
		return
	}
	r := &references[used]
	now := Now()
	if now < refineAfter {
		return
	}
	used = 0
	if now > refineUntil || r.source == RTC { // whose seconds pass uncounted
		return
	}
	s := r.sample()
	elapsed := s.tsc - origin.tsc
	part := (s.count - origin.count) & r.mask
	// Periods: the elapsed ticks by the first rate, less the part, rounded.
	period := r.mask + 1
	periods := (mulDiv(elapsed, r.hz, Hz) - part + period/2) / period
	setRate(elapsed, periods*period+part, r.hz)
}

// setRate changes the rate to tsc counter ticks in that many of a reference, keeping
// Now where it is.
func setRate(tsc, ticks, hz uint64) {
	at := amd64.TSC()
	now := Now()
	Hz = mulDiv(tsc, hz, ticks)
	mult := nsPerTick(Hz, 1)
	amd64.SetClock(amd64.ClockParams{Base: at - mulDiv(now, 1<<32, mult), Mult: mult})
}

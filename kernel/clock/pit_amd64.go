package clock

import "yolk/arch/amd64"

// The interval timer (Intel 8254): channel 0, counting down at pitHz and
// starting again every 65536 ticks, 54.9 ms.
const (
	pitHz      = 1193182
	pitChan0   = 0x40
	pitControl = 0x43
	pitMode2   = 0x34 // channel 0, low then high byte, rate generator
	pitLatch0  = 0x00
	pitPeriod  = 1 << 16
)

// A sample is the time-stamp counter and the interval timer at one moment.
type sample struct {
	tsc uint64
	pit uint16
}

// origin is the first sample; refine compares a much later one with it.
var origin sample

// measure compares the time-stamp counter and the APIC timer with the interval
// timer over a millisecond: good to a part in a thousand, and refined later.
func measure() {
	amd64.Out8(pitControl, pitMode2)
	amd64.Out8(pitChan0, 0xff)
	amd64.Out8(pitChan0, 0xff)
	*reg(lapicInitial) = 0xffffffff
	origin = takeSample()
	apic := *reg(lapicCurrent)
	for {
		s := takeSample()
		ticks := uint64(origin.pit - s.pit)
		if ticks < pitHz/1000 {
			continue
		}
		lapicHz = uint64(apic-*reg(lapicCurrent)) * pitHz / ticks
		*reg(lapicInitial) = 0
		if Hz == 0 {
			Hz = (s.tsc - origin.tsc) * pitHz / ticks
		} else {
			origin = sample{} // a stated rate needs no refinement
		}
		return
	}
}

// takeSample reads both clocks; of a few readings it keeps the one that took
// least time, so that a host that stalls us in the middle does not bend the
// rate.
func takeSample() (s sample) {
	best := ^uint64(0)
	for range 3 {
		before := amd64.TSC()
		amd64.Out8(pitControl, pitLatch0)
		after := amd64.TSC()
		count := uint16(amd64.In8(pitChan0))
		count |= uint16(amd64.In8(pitChan0)) << 8
		if d := after - before; d < best {
			best, s = d, sample{before + d/2, count}
		}
	}
	return s
}

// refineAfter is when the rate is computed again, to a few parts in a million.
// Before 20 s the first rate is still good enough to tell how many periods of
// the interval timer have passed.
const (
	refineAfter = 1e9
	refineUntil = 20e9
)

// Refine corrects the measured rate once, without a step in the time. The
// timer interrupt calls it.
func Refine() {
	if origin.tsc == 0 {
		return
	}
	now := Now()
	if now < refineAfter {
		return
	}
	first := origin
	origin.tsc = 0
	s := takeSample()
	if now > refineUntil {
		return
	}
	elapsed := s.tsc - first.tsc
	part := uint64(first.pit - s.pit)
	// Periods: the elapsed ticks by the first rate, less the part, rounded.
	periods := (mulDiv(elapsed, pitHz, Hz) - part + pitPeriod/2) / pitPeriod
	ticks := periods*pitPeriod + part
	setRate(elapsed, ticks)
}

// setRate changes the rate to tsc counter ticks in pit timer ticks, keeping
// Now where it is.
func setRate(tsc, pit uint64) {
	at := amd64.TSC()
	now := Now()
	Hz = mulDiv(tsc, pitHz, pit)
	mult := nsPerTick(Hz, 1)
	amd64.SetClock(amd64.ClockParams{Base: at - mulDiv(now, 1<<32, mult), Mult: mult, Wall: amd64.Clock().Wall})
}

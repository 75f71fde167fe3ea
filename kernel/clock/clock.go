// Package clock keeps time: nanoseconds since boot from the time-stamp counter,
// and the wall clock as an offset to it.
//
// The counter's rate comes from the processor or hypervisor where they state
// it (CPUID 15H and 16H, the hypervisor's timing leaf), otherwise from a short
// comparison with the programmable interval timer, the one clock that every PC
// and microvm has. The Go runtime reads time through arch/amd64's vdsoClock
// without entering the kernel.
//
// Everything here is safe in kernel context; Now is safe anywhere. It may
// import arch/amd64 and TamaGo's rtc.
package clock

import (
	"math/bits"

	"yolk/arch/amd64"
)

// Hz is the time-stamp counter's rate; From says where it came from.
var (
	Hz   uint64
	From Source
)

// A Source is what stated the counter's rate.
type Source uint8

const (
	Measured Source = iota // against the interval timer
	Hypervisor
	Processor // CPUID 15H
)

// String names the source.
func (s Source) String() string {
	switch s {
	case Hypervisor:
		return "the hypervisor"
	case Processor:
		return "CPUID 15H"
	}
	return "the PIT"
}

// Now returns nanoseconds since boot.
func Now() uint64 {
	hi, lo := bits.Mul64(amd64.TSC()-amd64.Clock.Base, amd64.Clock.Mult)
	return hi<<32 | lo>>32
}

// Wall returns nanoseconds since 1970-01-01 UTC.
func Wall() uint64 { return Now() + amd64.Clock.Wall }

// Init finds the rate and starts the clock at zero.
func Init() {
	amd64.Clock.Base = amd64.TSC()
	if Hz, From = stated(); Hz == 0 {
		Hz = measure()
	}
	q, r := uint64(1e9)/Hz, uint64(1e9)%Hz
	frac, _ := bits.Div64(r>>32, r<<32, Hz)
	amd64.Clock.Mult = q<<32 | frac
}

// SetWall sets the wall clock from nanoseconds since 1970.
func SetWall(ns uint64) { amd64.Clock.Wall = ns - Now() }

// stated returns the rate that the processor or hypervisor declares, or 0.
func stated() (hz uint64, from Source) {
	if _, _, c, _ := amd64.CPUID(1, 0); c>>31 != 0 { // hypervisor present
		// Leaf 0x40000010 EAX: TSC kHz (VMware's, also KVM, Xen, bhyve).
		if max, _, _, _ := amd64.CPUID(0x40000000, 0); max >= 0x40000010 && max < 0x40010000 {
			if khz, _, _, _ := amd64.CPUID(0x40000010, 0); khz != 0 {
				return uint64(khz) * 1000, Hypervisor
			}
		}
	}
	max, _, _, _ := amd64.CPUID(0, 0)
	if max >= 0x15 { // SDM 2A CPUID: crystal Hz * EBX / EAX
		if den, num, crystal, _ := amd64.CPUID(0x15, 0); den != 0 && num != 0 && crystal != 0 {
			return uint64(crystal) * uint64(num) / uint64(den), Processor
		}
	}
	return 0, Measured
}

// The interval timer (Intel 8254): channel 0, counting down at pitHz.
const (
	pitHz      = 1193182
	pitChan0   = 0x40
	pitControl = 0x43
	pitMode2   = 0x34 // channel 0, low then high byte, rate generator
	pitLatch0  = 0x00
)

// measure compares the counter with the timer over about two milliseconds. The
// two samples with the narrowest brackets win, so a host that stalls us in the
// middle of a reading does not bend the rate.
func measure() uint64 {
	amd64.Out8(pitControl, pitMode2)
	amd64.Out8(pitChan0, 0xff)
	amd64.Out8(pitChan0, 0xff)
	t0, c0 := samplePIT()
	for {
		t1, c1 := samplePIT()
		if ticks := uint64(c0 - c1); ticks >= pitHz/500 {
			return (t1 - t0) * pitHz / ticks
		}
	}
}

// samplePIT returns the counter and the timer at one moment: of a few
// readings, the one that took least time.
func samplePIT() (tsc uint64, count uint16) {
	best := ^uint64(0)
	for range 4 {
		before := amd64.TSC()
		amd64.Out8(pitControl, pitLatch0)
		after := amd64.TSC()
		c := uint16(amd64.In8(pitChan0))
		c |= uint16(amd64.In8(pitChan0)) << 8
		if d := after - before; d < best {
			best, tsc, count = d, before+d/2, c
		}
	}
	return tsc, count
}

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

// Init finds the rate, starts the clock at zero, and prepares the local APIC's
// timer to interrupt with vector. The APIC must be mapped.
func Init(vector int) {
	amd64.Clock.Base = amd64.TSC()
	stateHz()
	initTimer(vector)
	if Hz == 0 || lapicHz == 0 && !tscDeadline {
		measure()
	}
	amd64.Clock.Mult = nsPerTick(Hz, 1)
}

// nsPerTick returns seconds/ticks as nanoseconds in 32.32 fixed point.
func nsPerTick(ticks, seconds uint64) uint64 {
	q, r := bits.Div64(0, seconds*1e9, ticks)
	frac, _ := bits.Div64(r>>32, r<<32, ticks)
	return q<<32 | frac
}

// SetWall sets the wall clock from nanoseconds since 1970.
func SetWall(ns uint64) { amd64.Clock.Wall = ns - Now() }

// stateHz sets the rate that the processor or hypervisor declares, if any.
func stateHz() {
	if _, _, c, _ := amd64.CPUID(1, 0); c>>31 != 0 { // hypervisor present
		// Leaf 0x40000010 EAX: TSC kHz (VMware's, also KVM, Xen, bhyve).
		if max, _, _, _ := amd64.CPUID(0x40000000, 0); max >= 0x40000010 && max < 0x40010000 {
			if khz, _, _, _ := amd64.CPUID(0x40000010, 0); khz != 0 {
				Hz, From = uint64(khz)*1000, Hypervisor
				return
			}
		}
	}
	if max, _, _, _ := amd64.CPUID(0, 0); max >= 0x15 { // SDM 2A CPUID: crystal Hz * EBX / EAX
		if den, num, crystal, _ := amd64.CPUID(0x15, 0); den != 0 && num != 0 && crystal != 0 {
			Hz, From = uint64(crystal)*uint64(num)/uint64(den), Processor
		}
	}
}

// mulDiv returns a * b / c with a 128-bit product; the result must fit.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}

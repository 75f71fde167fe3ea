// Package clock keeps time: nanoseconds since boot from the processor's
// counter, the timer that interrupts at a deadline, and the wall clock as an
// offset to the counter.
//
// On x86-64 the counter's rate comes from the processor or hypervisor where
// they state it (CPUID 15H and 16H, the hypervisor's timing leaf), otherwise
// from a short comparison with the programmable interval timer, the one clock
// that every PC and microvm has. The Go runtime reads time through arch's
// vdsoClock without entering the kernel.
//
// Everything here is safe in kernel context; Now is safe anywhere. It may
// import arch and TamaGo's rtc and lapic.
package clock

import (
	"math/bits"

	"yolk/arch"
)

// Hz is the counter's rate.
var Hz uint64

// Now returns nanoseconds since boot.
func Now() uint64 {
	c := arch.Clock()
	hi, lo := bits.Mul64(arch.Counter()-c.Base, c.Mult)
	return hi<<32 | lo>>32
}

// Wall returns nanoseconds since 1970-01-01 UTC.
func Wall() uint64 { return Now() + arch.Clock().Wall }

// WallIsSet reports whether SetWall was called: the machine has a clock.
func WallIsSet() bool { return arch.Clock().Wall != 0 }

// SetWall sets the wall clock from nanoseconds since 1970.
func SetWall(ns uint64) {
	c := *arch.Clock()
	c.Wall = ns - Now()
	arch.SetClock(c)
}

// armed is the deadline that each CPU's timer is set to, 0: none.
var armed [64]uint64

// Arm makes this CPU's timer interrupt at deadline (in Now's nanoseconds), replacing
// an earlier setting; 0 disarms it. The interrupt may come early when the
// deadline is far away: the caller looks at the clock and arms again.
func Arm(deadline uint64) {
	if mine := &armed[arch.This().ID]; deadline != *mine {
		*mine = deadline
		program(deadline)
	}
}

// nsPerTick returns seconds/ticks as nanoseconds in 32.32 fixed point.
func nsPerTick(ticks, seconds uint64) uint64 {
	q, r := bits.Div64(0, seconds*1e9, ticks)
	frac, _ := bits.Div64(r>>32, r<<32, ticks)
	return q<<32 | frac
}

// mulDiv returns a * b / c with a 128-bit product; the result must fit.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}

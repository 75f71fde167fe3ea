// Package clock keeps time: nanoseconds since boot from the processor's
// counter, the timer that interrupts at a deadline, and the wall clock as an
// offset to the counter.
//
// On x86-64 time is KVM's clock where there is one, which never steps back even
// where the processor's counter is not the same on all processors and goes on
// after a migration to a machine with another rate. Otherwise it is the counter,
// whose rate comes from the processor or hypervisor where they state it (CPUID 15H
// and 16H, the hypervisor's timing leaf), or from a short comparison with the first
// that there is of the PIT, the HPET and the RTC. The Go runtime reads time through
// arch's vdsoClock without entering the kernel.
//
// Everything here is safe in kernel context; Now is safe anywhere. It may
// import arch, kernel/chip/lapic and TamaGo's rtc.
package clock

import (
	"math/bits"

	"yolk/arch"
)

// Hz is the counter's rate.
var Hz uint64

// Now returns nanoseconds since boot. Time in which a hypervisor had stopped the
// machine does not count where the hypervisor keeps it out of the counter, as QEMU
// does in emulation and KVM by its clock.
func Now() uint64 { return arch.Now() }

// armed is the deadline that each CPU's timer is set to, 0: none.
var armed [64]uint64

// Arm makes this CPU's timer interrupt at deadline (in Now's nanoseconds), or before;
// 0 is never. The caller looks at the clock and arms again: the interrupt comes early
// when the deadline is far away, and a timer that is set to an earlier time than is
// wanted now is left alone. Most settings are for a later time, and under a
// hypervisor each costs an exit.
func Arm(deadline uint64) {
	if mine := &armed[arch.This().ID]; mustProgram(*mine, deadline) {
		*mine = deadline
		program(deadline)
	}
}

// mustProgram tells whether a timer that is set to old, 0 for never, would miss
// deadline.
func mustProgram(old, deadline uint64) bool {
	return deadline != 0 && (old == 0 || deadline < old)
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

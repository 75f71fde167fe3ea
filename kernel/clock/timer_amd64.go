package clock

import (
	"yolk/arch/amd64"
	"yolk/kernel/chip/lapic"
)

const msrTSCDeadline = 0x6e0 // SDM 3A, 11.5.4.1

var (
	tscDeadline bool
	lapicHz     uint64
)

// InitCPU prepares the clock of a CPU that comes after the first, and its timer to
// interrupt with vector.
func InitCPU(vector int) {
	startPVClock()
	initTimer(vector)
}

// initTimer prepares this CPU's timer to interrupt with vector.
func initTimer(vector int) {
	if _, _, c, _ := amd64.CPUID(1, 0); c&(1<<24) != 0 {
		tscDeadline = true
		lapic.SetTimer(uint8(vector), lapic.TSCDeadline)
		return
	}
	lapic.SetTimer(uint8(vector), lapic.OneShot)
}

// program sets the timer to a deadline, or 2 s from now if that is earlier, so that
// the count fits the register; 0 stops it.
func program(deadline uint64) {
	if deadline == 0 {
		count(0)
		return
	}
	delta := uint64(1000)
	if now := Now(); deadline > now+delta {
		delta = deadline - now
	}
	const far = 2e9
	count(min(delta, far))
}

// Fired tells that the timer's interrupt came: nothing is armed any more.
func Fired() { armed[amd64.This().ID] = 0 }

// count makes the timer interrupt in delta nanoseconds, never for 0.
func count(delta uint64) {
	if tscDeadline {
		at := uint64(0)
		if delta != 0 {
			at = amd64.TSC() + delta*(Hz/1000)/1000000
		}
		amd64.WriteMSR(msrTSCDeadline, at)
		return
	}
	ticks := uint64(0)
	if delta != 0 {
		ticks = max(1, min(delta*(lapicHz/1000)/1000000, 0xffffffff))
	}
	lapic.SetCount(uint32(ticks))
}

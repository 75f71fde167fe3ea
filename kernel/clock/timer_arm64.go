package clock

import "yolk/arch/arm64"

// Init starts the clock at zero. The generic timer states its rate (DDI 0487,
// D11.1.2); ok is false when firmware has left that out.
func Init() (ok bool) {
	Hz = arm64.CounterHz()
	if Hz == 0 {
		return false
	}
	arm64.SetClock(arm64.ClockParams{Base: arm64.Counter(), Mult: nsPerTick(Hz, 1)})
	arm64.StopTimer()
	return true
}

// program sets the timer to a deadline; 0 stops it.
func program(deadline uint64) {
	if deadline == 0 {
		arm64.StopTimer()
		return
	}
	const far = 1 << 60 // 36 years: keeps the product below in 128 bits and its result in 64
	arm64.SetTimer(arm64.Clock().Base + mulDiv(min(deadline, far), Hz, 1e9) + 1)
}

// Fired tells that the timer's interrupt came: nothing is armed any more. Its
// line stays up until the timer is stopped.
func Fired() {
	armed[arm64.This().ID] = 0
	arm64.StopTimer()
}

// Refine has nothing to correct: the rate is stated, not measured.
func Refine() {}

// InitWall sets the wall clock from the value of a PL031 real-time clock, seconds
// since 1970 (ARM DDI 0224, 3.3.1), unless that was never set.
func InitWall(seconds uint32) {
	if seconds != 0 {
		SetWall(uint64(seconds) * 1e9)
	}
}

package clock

import (
	"unsafe"

	"yolk/arch/arm64"
)

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

// InitWall sets the wall clock from a PL031 real-time clock with its data register
// at that address, unless that was never set (WallIsSet).
func InitWall(data uintptr) {
	pl031 = data
	startWall()
}

// pl031 is the address of a register that shows seconds since 1970 (ARM DDI 0224,
// 3.3.1).
var pl031 uintptr

// readWall returns what the clock shows, from lo to hi nanoseconds since 1970.
func readWall() (lo, hi uint64, ok bool) {
	s := uint64(*(*uint32)(unsafe.Pointer(pl031)))
	return s * 1e9, s*1e9 + 1e9 - 1, s != 0
}

// wasStopped has nothing to go by: KVM on arm64 does not tell.
func wasStopped() bool { return false }

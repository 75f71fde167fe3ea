package clock

import (
	"unsafe"

	"github.com/usbarmory/tamago/amd64/lapic"

	"yolk/arch/amd64"
)

// LAPICBase is where every CPU finds its local APIC (SDM 3A, 11.4.1); the
// kernel maps it before Init.
const LAPICBase = 0xfee00000

// Timer registers that TamaGo's driver does not name (SDM 3A, 11.5.4).
const (
	lapicInitial = 0x380 // RW
	lapicCurrent = 0x390 // R
	lapicDivide  = 0x3e0 // RW
	divideBy1    = 0xb

	msrTSCDeadline = 0x6e0
)

// APIC is this CPU's local APIC.
var APIC = lapic.LAPIC{Base: LAPICBase}

var (
	tscDeadline bool
	lapicHz     uint64
)

func reg(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(uintptr(LAPICBase + off))) }

// InitCPU prepares the clock of a CPU that comes after the first, and its timer to
// interrupt with vector.
func InitCPU(vector int) {
	startPVClock()
	initTimer(vector)
}

// initTimer prepares this CPU's timer to interrupt with vector.
func initTimer(vector int) {
	APIC.Enable()
	if _, _, c, _ := amd64.CPUID(1, 0); c&(1<<24) != 0 {
		tscDeadline = true
		APIC.SetTimer(vector, lapic.TIMER_MODE_TSC_DEADLINE)
		return
	}
	*reg(lapicDivide) = divideBy1
	APIC.SetTimer(vector, lapic.TIMER_MODE_ONE_SHOT)
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
	*reg(lapicInitial) = uint32(ticks)
}

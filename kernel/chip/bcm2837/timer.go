package bcm2837

import "yolk/arch/mmio"

// System timer registers (BCM2835 12.1). Its comparators are not used: each core
// has a timer of its own.
const (
	stCLO = 0x04 // R counter, low word
	stCHI = 0x08 // R counter, high word
)

// A SystemTimer counts microseconds since the firmware started. It does not
// depend on what the ARM cores' own timers are set to, so timeouts use it.
type SystemTimer struct{ Regs mmio.Block }

// Now returns the time in microseconds.
func (t *SystemTimer) Now() uint64 {
	for {
		high := t.Regs.Read32(stCHI)
		low := t.Regs.Read32(stCLO)
		if t.Regs.Read32(stCHI) == high { // else the low word has wrapped between
			return uint64(high)<<32 | uint64(low)
		}
	}
}

// Wait spins for at least us microseconds.
func (t *SystemTimer) Wait(us uint32) {
	// A microsecond has begun when the wait does, so one more is waited for.
	for start := t.Regs.Read32(stCLO); t.Regs.Read32(stCLO)-start <= us; {
	}
}

package bcm2837

import "yolk/arch/mmio"

// System timer registers (BCM2835 12.1).
const (
	stCS  = 0x00 // RW status; writing 1 clears a match
	stCLO = 0x04 // R counter, low word
	stCHI = 0x08 // R counter, high word
	stC1  = 0x10 // RW compare 1; 0 and 2 are VideoCore's, 3 is 8 bytes on
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

// A Channel is a comparator of the system timer that is free for the ARM cores.
type Channel uint8

const (
	Channel1 Channel = 1
	Channel3 Channel = 3
)

// Source returns the interrupt of the channel.
func (c Channel) Source() Source { return Source(c) }

// Set makes the channel interrupt when the low word of the counter is at, once.
// It clears a match that is still pending first.
func (t *SystemTimer) Set(c Channel, at uint32) {
	t.Clear(c)
	t.Regs.Write32(stC1+uint32(c-Channel1)*4, at)
}

// Matched reports whether the channel has matched since it was last cleared.
func (t *SystemTimer) Matched(c Channel) bool { return t.Regs.Read32(stCS)&(1<<c) != 0 }

// Clear lowers the channel's interrupt line. Only its own bit is written: the
// register is write-one-to-clear and has VideoCore's channels as well.
func (t *SystemTimer) Clear(c Channel) { t.Regs.Write32(stCS, 1<<c) }

package bcm2837

import "yolk/arch/mmio"

// Random number generator registers.
const (
	rngCTRL   = 0x00 // RW bit 0 turns it on
	rngSTATUS = 0x04 // RW bits 24-31: words ready; writing bits 0-19: warm-up count
	rngDATA   = 0x08 // R a word
	rngMASK   = 0x10 // RW bit 0 keeps it from interrupting

	rngOn       = 1
	rngQuiet    = 1
	rngWarmUp   = 0x40000 // samples thrown away first
	rngReady    = 24
	rngPatience = 1_000_000 // us for a word: warm-up takes a part of a second
)

// RNG is the chip's random number generator: free-running oscillators, sampled
// and whitened. The kernel credits its words with half their bits and tests them
// for repetition (kernel/entropy).
type RNG struct {
	Regs  mmio.Block
	Timer *SystemTimer
}

// Start turns the generator on, if it is not.
func (r *RNG) Start() {
	if r.Regs.Read32(rngCTRL)&rngOn != 0 {
		return
	}
	r.Regs.Write32(rngSTATUS, rngWarmUp)
	r.Regs.Write32(rngMASK, r.Regs.Read32(rngMASK)|rngQuiet)
	r.Regs.Write32(rngCTRL, rngOn)
}

// Draw returns 64 random bits; ok is false when the generator does not deliver
// them within two seconds.
func (r *RNG) Draw() (word uint64, ok bool) {
	for range 2 {
		start := r.Timer.Now()
		for r.Regs.Read32(rngSTATUS)>>rngReady == 0 {
			if r.Timer.Now()-start > rngPatience {
				return 0, false
			}
		}
		word = word<<32 | uint64(r.Regs.Read32(rngDATA))
	}
	return word, true
}

package syscalls

import (
	"yolk/arch/arm64"
	"yolk/arch/mmio"
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/entropy"
)

// The processor's generator, the better way to use it first. RNDRRS reseeds it
// for each word; RNDR's words come from a DRBG that is reseeded now and then, so
// they are credited less (DDI 0487, K12.1).
var processor = [...]entropy.Source{
	{Draw: arm64.RNDRRS, Bits: 64},
	{Draw: arm64.RNDR, Bits: 32},
	{Draw: boardWord, Bits: 32},
}

const onBoard = 2 // index of the Raspberry Pi's generator, which is no part of the processor

// present tells whether the machine has generator i; of the processor's, it has
// both or none.
func present(i int) bool {
	if i == onBoard {
		return rngRegs.Base != 0
	}
	return arm64.HasRNDR()
}

// The Raspberry Pi's generator.
var (
	rngRegs, timerRegs mmio.Mapped

	timer = bcm2837.SystemTimer{Regs: &timerRegs}
	rng   = bcm2837.RNG{Regs: &rngRegs, Timer: &timer}
)

// UseBoard makes the Raspberry Pi's generator a source, with its registers and
// the system timer's at those addresses.
func UseBoard(generator, timer uintptr) {
	rngRegs.Base, timerRegs.Base = generator, timer
	rng.Start()
}

func boardWord() (uint64, bool) { return rng.Draw() }

// lookGeneration tells whether the machine has a generation id, and whether that has
// changed. QEMU's arm64 machines have none; a board needs none, for nobody copies it.
func lookGeneration() (has, changed bool) { return rngRegs.Base != 0, false }

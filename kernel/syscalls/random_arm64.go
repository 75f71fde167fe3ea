package syscalls

import (
	"yolk/arch/arm64"
	"yolk/kernel/entropy"
	"yolk/kernel/machine"
)

// The processor's generator, the better way to use it first, and the machine's. RNDRRS reseeds it
// for each word; RNDR's words come from a DRBG that is reseeded now and then, so
// they are credited less (DDI 0487, K12.1).
var sources = [...]entropy.Source{
	{Draw: arm64.RNDRRS, Bits: 64},
	{Draw: arm64.RNDR, Bits: 32},
	{Draw: machineWord, Bits: 32},
}

// present tells whether the processor has its generator i: it has both or none.
func present(int) bool { return arm64.HasRNDR() }

// lookGeneration tells whether the machine has a generation id, and whether that has
// changed. QEMU's arm64 machines have none; a board needs none, for nobody copies it.
func lookGeneration() (has, changed bool) { return machine.This.Unique(), false }

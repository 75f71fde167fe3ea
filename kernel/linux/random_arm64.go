package linux

import (
	"yolk/arch/arm64"
	"yolk/kernel/entropy"
)

// The processor's generator, the better way to use it first. RNDRRS reseeds it
// for each word; RNDR's words come from a DRBG that is reseeded now and then, so
// they are credited less (DDI 0487, K12.1).
var processor = [...]entropy.Source{
	{Draw: arm64.RNDRRS, Bits: 64},
	{Draw: arm64.RNDR, Bits: 32},
}

// present tells whether the processor has generator i: both or none.
func present(int) bool { return arm64.HasRNDR() }

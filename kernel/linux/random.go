package linux

import (
	"yolk/arch/amd64"
	"yolk/kernel/entropy"
	"yolk/kernel/mem"
)

// Random is the machine's random number generator.
var Random entropy.Generator

// The processor's generators. RDSEED's words are full entropy; RDRAND's come
// from a DRBG that is reseeded now and then, so they are credited less (Intel
// DRNG guide, section 3.2).
var (
	rdseed = entropy.Source{Draw: amd64.RDSEED, Bits: 64}
	rdrand = entropy.Source{Draw: amd64.RDRAND, Bits: 32}

	useSeed, useRand bool
)

// SeedRandom seeds Random from the processor. It reports false when that has
// no generator, or none that passes its health test.
func SeedRandom() bool {
	if max, _, _, _ := amd64.CPUID(0, 0); max >= 7 {
		_, b, _, _ := amd64.CPUID(7, 0)
		useSeed = b&(1<<18) != 0
	}
	_, _, c, _ := amd64.CPUID(1, 0)
	useRand = c&(1<<30) != 0
	useSeed = useSeed && Random.Reseed(&rdseed) == entropy.OK
	useRand = useRand && (useSeed || Random.Reseed(&rdrand) == entropy.OK)
	return useSeed || useRand
}

// sysGetrandom (p, n, flags) never returns predictable bytes: without a seed
// it fails, and the runtime and crypto/rand refuse in turn.
func sysGetrandom(f *amd64.Frame) {
	if !user(f.DI, f.SI) {
		f.AX = fail(errFAULT)
		return
	}
	switch { // a source that has run dry leaves the generator as good as it was
	case useSeed:
		Random.Refresh(&rdseed)
	case useRand:
		Random.Refresh(&rdrand)
	}
	n := min(f.SI, 1<<20)
	if !Random.Read(mem.Bytes(uintptr(f.DI), n)) {
		f.AX = fail(errAGAIN)
		return
	}
	f.AX = n
}

package syscalls

import (
	"yolk/arch/amd64"
	"yolk/kernel/entropy"
)

// The processor's generators, the best first, and the machine's. RDSEED's words are full entropy;
// RDRAND's come from a DRBG that is reseeded now and then, so they are credited
// less (Intel DRNG guide, section 3.2).
var sources = [...]entropy.Source{
	{Draw: amd64.RDSEED, Bits: 64},
	{Draw: amd64.RDRAND, Bits: 32},
	{Draw: machineWord, Bits: 32},
}

// present tells whether the processor has its generator i.
func present(i int) bool {
	if i == 0 {
		if max, _, _, _ := amd64.CPUID(0, 0); max < 7 {
			return false
		}
		_, b, _, _ := amd64.CPUID(7, 0)
		return b&(1<<18) != 0
	}
	_, _, c, _ := amd64.CPUID(1, 0)
	return c&(1<<30) != 0
}

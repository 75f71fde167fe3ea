package kernel

import (
	"yolk/arch/amd64"
	"yolk/kernel/entropy"
	"yolk/kernel/klog"
	"yolk/kernel/linux"
)

// seed gives the random number generator its seed, or refuses to start: the
// program must never be handed predictable bytes.
func seed() {
	if source := &linux.HardwareRandom; hardwareRandom(source) {
		code := linux.Random.Reseed(source)
		if code == entropy.OK {
			return
		}
		klog.Line(klog.Error).Str(code.String()).End()
	}
	if string(Option("entropy")) != "insecure" {
		refuse("no source of entropy: the processor has no RDSEED or RDRAND that works; " +
			"use another -cpu, or entropy=insecure where predictable keys do no harm")
	}
	klog.Line(klog.Warn).Str("entropy=insecure: random bytes are PREDICTABLE").End()
	linux.Random.AssumeSeeded()
}

// hardwareRandom makes s the processor's generator, RDSEED before RDRAND.
// RDSEED's words are full entropy; RDRAND's come from a DRBG that is reseeded
// now and then, so they are credited less (Intel DRNG guide, section 3.2).
func hardwareRandom(s *entropy.Source) bool {
	if max, _, _, _ := amd64.CPUID(0, 0); max >= 7 {
		if _, b, _, _ := amd64.CPUID(7, 0); b&(1<<18) != 0 {
			*s = entropy.Source{Draw: amd64.RDSEED, Bits: 64}
			return true
		}
	}
	if _, _, c, _ := amd64.CPUID(1, 0); c&(1<<30) != 0 {
		*s = entropy.Source{Draw: amd64.RDRAND, Bits: 32}
		return true
	}
	return false
}

package kernel

import (
	"yolk/kernel/klog"
	"yolk/kernel/linux"
)

// seed gives the random number generator its seed, or refuses to start: the
// program must never be handed predictable bytes.
func seed() {
	if linux.SeedRandom() {
		return
	}
	if string(Option("entropy")) != "insecure" {
		refuse("no source of entropy: the processor has no RDSEED or RDRAND that works; " +
			"use another -cpu, or entropy=insecure where predictable keys do no harm")
	}
	klog.Line(klog.Warn).Str("entropy=insecure: random bytes are PREDICTABLE").End()
	linux.Random.AssumeSeeded()
}

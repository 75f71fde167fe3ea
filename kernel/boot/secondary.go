package boot

import (
	"yolk/arch"
	"yolk/kernel/clock"
	"yolk/kernel/smp"
)

// startTime is how long a processor may take to come up, in ns. It takes a
// millisecond, but on a busy host an emulated one waits for its turn.
const startTime = 5e9

// arrived waits for the processor that was started as number id, and reports
// whether it came.
func arrived(id uintptr) bool {
	for end := clock.Now() + startTime; smp.Count() == int(id); {
		if clock.Now() > end {
			return false
		}
		arch.Pause()
	}
	return true
}

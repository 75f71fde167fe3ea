package qemu

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuclockSched selects the clock that counts what the scheduler gave to a
// whole process (Linux include/linux/posix-timers_types.h).
const cpuclockSched = 2

// ProcessorTime returns the time that all threads of a process, ended ones
// included, have had a processor. It is the clock of clock_getcpuclockid(3),
// which counts nanoseconds where /proc/PID/stat counts ticks. Benchmarks and tests
// ask it what an emulator costs.
func ProcessorTime(pid int) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|cpuclockSched, &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}

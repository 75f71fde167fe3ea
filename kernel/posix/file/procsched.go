package file

import (
	"syscall"

	"yolk/kernel/abi"
)

// How long threads ran and waited for a processor (Linux,
// Documentation/scheduler/sched-stats.rst, version 15). Full brings it in.

// procSchedstat has of each processor what its threads ran and waited, in ns, and how often
// one began to; 0 for the other events, and no domains: any thread may run anywhere.
func procSchedstat() []byte {
	b := numbers([]byte("version 15\ntimestamp "), usageNow().up)
	var p abi.Processor
	for i := uint64(0); processor(i, &p); i++ {
		b = append(numbers(append(b, "\ncpu"...), int64(i)), " 0 0 0 0 0 0 "...)
		b = numbers(b, int64(p.Used), int64(p.Waited), int64(p.Runs))
	}
	return append(b, '\n')
}

// procSelfSchedstat is that of the first thread, as Linux has it.
func procSelfSchedstat() []byte {
	var t abi.Thread
	if !threadFrom(uint64(syscall.Getpid()), &t) {
		return nil
	}
	return taskSchedstat(&t)
}

func taskSchedstat(t *abi.Thread) []byte {
	return append(numbers(nil, int64(t.Used), int64(t.Waited), int64(t.Runs)), '\n')
}

// runningThreads is how many are on a processor or ready for one.
func runningThreads() (n int64) {
	var t abi.Thread
	for id := uint64(0); threadFrom(id, &t); id = t.ID + 1 {
		n += int64(t.Running)
	}
	return n
}

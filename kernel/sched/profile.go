package sched

import (
	"sync/atomic"

	"yolk/kernel/clock"
	"yolk/kernel/smp"
)

// profiling interrupts running threads at intervals of CPU time, with a signal:
// what ITIMER_PROF is. An idle CPU is not interrupted.
var profiling struct {
	every  uint64 // ns of CPU time, 0: off
	signal uint64 // the bit for SigPending
}

// SetProfile makes a signal pending for the thread that runs on a CPU whenever
// that CPU's threads have used another ns nanoseconds; 0 ends that. It returns
// the interval that was set before.
func SetProfile(ns, signal uint64) (old uint64) {
	mu.Lock()
	old = profiling.every
	profiling.every, profiling.signal = ns, signal
	now := clock.Now()
	for i := range smp.Count() {
		c := &cpus[i]
		c.sample = c.used(now) + ns
		if c != this() && c.current != 0 {
			poke(uint32(i)) // to set its timer
		}
	}
	unlock()
	return old
}

// sooner returns the earlier of a deadline (0: none) and the next signal.
func (c *cpu) sooner(deadline uint64) uint64 {
	if profiling.every != 0 && c.current != 0 {
		if at := c.since + c.sample - min(c.sample, c.busy); deadline == 0 || at < deadline {
			return at
		}
	}
	return deadline
}

// profile makes the signal pending when its time has come.
func (c *cpu) profile() {
	if profiling.every == 0 || c.current == 0 {
		return
	}
	if used := c.used(clock.Now()); used >= c.sample {
		c.sample = used + profiling.every
		atomic.OrUint64(&thread(c.current).SigPending, profiling.signal)
	}
}

package sched

import (
	"yolk/kernel/abi"
	"yolk/kernel/clock"
	"yolk/kernel/smp"
)

// ThreadFrom describes the first thread whose ID is id or above.
func ThreadFrom(id uint64) (info abi.Thread, ok bool) {
	mu.Lock()
	for ; id <= uint64(highest) && !ok; id++ {
		if t := find(uint32(id)); t != nil {
			info, ok = t.describe(), true
		}
	}
	unlock()
	return info, ok
}

// Describe fills in what a processor has run.
func Describe(processor int, p *abi.Processor) {
	mu.Lock()
	c := &cpus[processor]
	p.Used, p.Waited, p.Runs, p.Switches = c.used(clock.Now()), c.waited, c.runs, switches
	unlock()
}

func (t *Thread) describe() abi.Thread {
	info := abi.Thread{ID: uint64(t.ID), Used: t.RunTime, CPU: uint64(t.home), Waited: t.waited, Runs: t.runs}
	for i := range info.Name {
		info.Name[i] = byte(t.Name[i/8] >> (i % 8 * 8))
	}
	if t.State == Ready || t.State == Running {
		info.Running = 1
	}
	return info
}

// Taker returns the thread with the lowest ID that does not keep off the signals of set,
// the current one if all do.
func Taker(set uint64) uint32 {
	mu.Lock()
	taker := Current().ID
	for id := highest; id > 0; id-- {
		if t := find(id); t != nil && t.SigMask&set == 0 {
			taker = id
		}
	}
	unlock()
	return taker
}

// Stats are counters since boot.
type Stats struct {
	Threads  uint32
	Switches uint64
	Busy     uint64 // ns that threads ran, on all CPUs
	Timers   uint32 // threads with a deadline, now
}

// Snapshot returns the counters.
func Snapshot() Stats {
	mu.Lock()
	st := Stats{Threads: live, Switches: switches}
	now := clock.Now()
	for i := range smp.Count() {
		st.Busy += cpus[i].used(now)
		for a := cpus[i].sleepers; a != 0; a = thread(a).timer {
			st.Timers++
		}
	}
	mu.Unlock()
	return st
}

// used is the time c's threads have run.
func (c *cpu) used(now uint64) uint64 {
	if c.current == 0 || now < c.since {
		return c.busy
	}
	return c.busy + now - c.since
}

// CurrentRunTime returns how long the current thread has been on a CPU, in ns.
func CurrentRunTime() uint64 {
	c := this()
	return thread(c.current).RunTime + clock.Now() - c.since
}

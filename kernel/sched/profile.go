package sched

import "yolk/kernel/clock"

// profile interrupts the running thread at intervals of CPU time, with a
// signal: what ITIMER_PROF is. An idle machine is not interrupted.
var profile struct {
	every  uint64 // ns of CPU time, 0: off
	next   uint64 // CPU time of the next signal
	signal uint64 // the bit for SigPending
}

// SetProfile makes a signal pending for the running thread whenever the
// program has used another ns nanoseconds of CPU time; 0 ends that. It returns
// the interval that was set before.
func SetProfile(ns, signal uint64) (old uint64) {
	old = profile.every
	profile.every, profile.next, profile.signal = ns, used()+ns, signal
	Arm()
	return old
}

// used is the CPU time of all threads, in ns.
func used() uint64 { return clock.Now() - this().idleTime }

// sooner returns the earlier of a deadline (0: none) and the next signal.
func (c *cpu) sooner(deadline uint64) uint64 {
	if profile.every != 0 {
		if at := profile.next + c.idleTime; deadline == 0 || at < deadline {
			return at
		}
	}
	return deadline
}

// sample makes the signal pending when its time has come.
func (c *cpu) sample() {
	if profile.every == 0 || c.current == 0 {
		return
	}
	if now := used(); now >= profile.next {
		profile.next = now + profile.every
		thread(c.current).SigPending |= profile.signal
	}
}

package sched

import (
	"yolk/arch"
	"yolk/kernel/smp"
)

// The runtime has one of its threads poll for all, and those that have nothing to do
// besides are parked, each with a word of its own to wake it by. When the poller has found
// something nobody polls until one has nothing to do again. The runtime's way is to wake
// another thread for that at once, on a processor that was halted, in case there is more to
// do: mostly there is not, and the interrupt between processors, the end of the halt, and
// the search cost more than half of a request. So it wakes none (boot/overlay/savings.go),
// and a parked thread is called here when there is something.
var (
	standby uintptr // parked threads, the last first, in which order the runtime wakes them
	relief  uintptr // the one of them that has the poller's deadline
)

// Park is [Wait] for a thread of the runtime that has nothing to do, while its word is 0. It
// ends, with the word as it was, also when it is time to look for work.
func Park(word uint64) {
	mu.Lock()
	t := Current()
	t.below, t.parked, standby = standby, true, t.addr()
	if !wait(t, word, 0, -1) {
		t.unpark()
	}
	unlock()
}

// unpark takes t off the list.
func (t *Thread) unpark() {
	p := &standby
	for *p != t.addr() {
		p = &thread(*p).below
	}
	*p, t.below, t.parked = t.below, 0, false
	if relief == t.addr() {
		relief = 0
	}
}

// call wakes a parked thread if there is a processor for it: an event has fired and nobody
// polls.
func call() {
	if standby != 0 && idle() {
		wake(thread(standby), resINTR, false)
	}
}

// relieve has a parked thread look for work at the time, 0 for none, until which the poller
// would have slept, which something else has woken, unless somebody polls again before: that
// is when a timer of the runtime's is due.
func relieve(deadline uint64) {
	if deadline == 0 || standby == 0 || !idle() {
		return
	}
	relief = standby
	t := thread(relief)
	t.home, t.deadline = uint32(arch.This().ID), deadline
	sleep(t)
}

// dismiss takes that back.
func dismiss() {
	if relief != 0 {
		unsleep(thread(relief))
		relief = 0
	}
}

// idle tells whether a processor has nothing to run.
func idle() bool {
	for i := range smp.Count() {
		if cpus[i].load() == 0 {
			return true
		}
	}
	return false
}

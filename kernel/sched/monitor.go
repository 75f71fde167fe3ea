package sched

import "yolk/kernel/smp"

// monitor is the runtime's monitor thread (sysmon) while it sleeps deeply, as it
// does once no goroutine runs, and 0 otherwise. It is what preempts goroutines that
// run long and polls the network for a busy program. On Linux a system call's return
// wakes it; here file and socket calls do not trap, so the end of a slice does.
var monitor uintptr

// watchSlices is how many slices a thread has run at most when the monitor hears of
// it; it is told of one at the first interrupt of the timer. A server that waits for
// requests runs for much less, again and again: a timer that is already set serves for
// the next request as well, and to set it is an exit under a hypervisor.
const watchSlices = 2

// Watch is [Wait] for the monitor's own word: it also ends when a thread has run for
// a slice, with the word as it was.
func Watch(word uint64, val uint32, ns int64) {
	mu.Lock()
	me := Current()
	monitor = me.addr()
	for i := range smp.Count() {
		if c := &cpus[i]; c != this() && c.current != 0 {
			poke(uint32(i)) // to set its timer
		}
	}
	if !wait(me, word, val, ns) {
		monitor = 0
	}
	unlock()
}

// watched tells whether the monitor must hear when c's thread has run for a slice.
func (c *cpu) watched() bool { return monitor != 0 && c.current != 0 && Slice != 0 }

// report wakes the monitor when c's thread has run for a slice at time now.
func (c *cpu) report(now uint64) {
	if c.watched() && now >= c.since+Slice {
		wake(thread(monitor), resOK, true)
	}
}

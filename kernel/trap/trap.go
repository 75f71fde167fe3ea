// Package trap is what the processor's entry code calls once the machine has started:
// for a system call, a fault, an interrupt. It hands each to the package that serves it.
//
// Everything runs in kernel context. It may import arch and all of kernel but posix.
package trap

import (
	"yolk/kernel/clock"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/syscalls"
)

// A program whose heap grows while the collector is at work can take more page
// frames than there are: the runtime's memory limit does not hold goroutines
// back that allocate, where there is little for them to help with. So the
// kernel does. Whoever takes one of the last frames for the Go heap waits, the
// longer the fewer are left, and the collector finds time to end its cycle.
const (
	longestThrottle = 8e6 // ns, for each of the last pages
	longestStarving = 2e9 // ns without any page, after which there will be none
)

// throttle holds the current thread back, whose page fault at addr was served.
func throttle(addr uintptr) {
	sched.Current().StarvedAt = 0
	if !mem.InHeap(addr) {
		return // the collector's own tables
	}
	sched.Throttle(mem.Shortage(longestThrottle))
	syscalls.Interrupted()
}

// starve holds the current thread back until its page fault at addr can be
// served, and ends the machine when that takes too long. A signal ends the
// wait: the collector can stop the world, and the thread comes back here.
func starve(addr uintptr) {
	t, now := sched.Current(), clock.Now()
	if t.StarvedAt != uint64(addr) {
		t.Starved, t.StarvedAt = now, uint64(addr)
	}
	if now-t.Starved > longestStarving {
		outOfMemory()
	}
	sched.Throttle(longestThrottle)
	syscalls.Interrupted()
}

// outOfMemory ends the machine: a page is needed, all RAM is in use, and there
// is nothing to swap to.
func outOfMemory() {
	s := mem.Stats()
	shutdown.Fatal(shutdown.StatusNoMemory, klog.Last().
		Str("\nyolk: out of memory: all ").MiB(s.Total).
		Str(" of RAM are in use; give the machine more with -memory"))
}

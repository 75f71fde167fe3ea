package sched

import (
	"testing"
	"unsafe"
)

// TestTheMonitorHearsOfLongRuns: it sleeps while a thread runs that nothing else
// would interrupt, on its own processor and on another.
func TestTheMonitorHearsOfLongRuns(t *testing.T) {
	running := machine(t)
	word := uint32(0)
	at := uint64(uintptr(unsafe.Pointer(&word)))
	busy := New()
	Start(busy)
	Watch(at, 1, -1)
	expectRunning(t, 0, running[0]) // the word had changed
	if monitor != 0 {
		t.Fatal("a monitor that does not sleep is waited for")
	}
	Watch(at, 0, -1)
	expectRunning(t, 0, busy)
	if sentTo() != 13 {
		t.Error("the last processor, which runs a thread, was not told to set its timer")
	}
	for _, i := range []int{0, 2} {
		on(t, i)
		if got, want := cpus[i].alarm(), cpus[i].since+watchSlices*Slice; got != want {
			t.Errorf("processor %d: the timer is set to %d, want the end of two slices, %d", i, got, want)
		}
		Tick()
		if running[0].State != Futex {
			t.Fatalf("processor %d: woken before the end of the slice", i)
		}
	}
	cpus[2].since -= Slice
	Tick() // on 2
	if running[0].State != Ready || running[0].AX != 0 || monitor != 0 {
		t.Errorf("state %v, result %d, want it ready", running[0].State, running[0].AX)
	}
	Preempt()
	expectRunning(t, 2, running[0])
	on(t, 0)
	if got := cpus[0].alarm(); got != 0 {
		t.Errorf("the timer is set to %d with the monitor awake", got)
	}
}

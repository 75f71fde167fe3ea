package sched

import (
	"testing"
	"unsafe"

	"yolk/kernel/clock"
)

// TestParked: an event that nobody polls for calls the thread that was parked last, if a
// processor has nothing to do, and once; a break calls none, and no event is forgotten.
func TestParked(t *testing.T) {
	running := machine(t)
	words := [2]uint32{}
	at := func(i int) uint64 { return uint64(uintptr(unsafe.Pointer(&words[i]))) }
	park := func(i int) {
		on(t, i)
		Start(New()) // which runs when this one is parked
		Park(at(i))
	}
	words[0] = 1
	on(t, 0)
	if Park(at(0)); standby != 0 || running[0].parked {
		t.Fatal("a thread whose word was set is parked")
	}
	words[0] = 0
	park(0)
	park(1)
	on(t, 2)
	if PollWake(true); running[0].State != Futex || running[1].State != Futex {
		t.Error("called though all processors are busy")
	}
	cpus[3].current, running[3].State = 0, Sleeping
	if PollWake(false); running[0].State != Futex || running[1].State != Futex {
		t.Error("called by a break")
	}
	woken = false
	PollWake(true)
	if int64(running[1].AX) != resINTR-1<<64 || cpus[3].head != running[1].addr() || sentTo() != 13 || running[0].State != Futex {
		t.Errorf("the last has %d, the idle processor %#x, told was %d", int64(running[1].AX), cpus[3].head, sentTo()-10)
	}
	if PollWake(true); running[0].State != Futex {
		t.Error("one more called, though no processor is idle any more")
	}
	if n := Wake(at(0), 1); n != 1 || standby != 0 {
		t.Errorf("%d woken by the word, standby %#x", n, standby)
	}
	pending := []uint64{0, 1 << 9}
	if Poll(-1, pending); poller != 0 {
		t.Error("the poller sleeps though an event has fired")
	}
}

// TestRelief: the thread that was parked last looks for work when the poller would have,
// unless that, or another, polls again before.
func TestRelief(t *testing.T) {
	for _, again := range []bool{false, true} {
		running := machine(t)
		word := uint32(0)
		at := uint64(uintptr(unsafe.Pointer(&word)))
		for i := range 2 {
			on(t, i)
			Start(New())
		}
		Park(at)
		on(t, 0)
		Poll(1e6, nil)
		for i := 2; i < testCPUs; i++ { // one for the poller, one to spare
			cpus[i].current, running[i].State = 0, Sleeping
		}
		deadline := running[0].deadline
		PollWake(true)
		if relief != running[1].addr() || cpus[0].nextDeadline() != deadline {
			t.Fatalf("relief %#x, at %d and not %d", relief, cpus[0].nextDeadline(), deadline)
		}
		if again {
			on(t, 2)
			Secondary()
			expectRunning(t, 2, running[0])
			other := New()
			cpus[2].push(other, false)
			Poll(-1, nil)
			if relief != 0 || running[1].deadline != 0 || running[1].State != Futex {
				t.Error("relieved of what the poller does")
			}
			continue
		}
		for clock.Now() < deadline {
		}
		Tick()
		if running[1].State != Ready || int64(running[1].AX) != resTIMEDOUT-1<<64 || relief != 0 || standby != 0 {
			t.Errorf("state %v, result %d, relief %#x, standby %#x", running[1].State, int64(running[1].AX), relief, standby)
		}
	}
}

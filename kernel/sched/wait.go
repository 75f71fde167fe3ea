package sched

import (
	"unsafe"

	"yolk/kernel/clock"
)

// Results of blocking calls, as the system call returns them.
const (
	resOK       = 0
	resINTR     = -4 & (1<<64 - 1)
	resAGAIN    = -11 & (1<<64 - 1)
	resTIMEDOUT = -110 & (1<<64 - 1)
)

const futexBuckets = 64

var (
	buckets [futexBuckets]uintptr
	poller  uintptr // the thread in Poll, if any
	woken   bool    // PollWake came while nobody was in Poll
)

// block takes the current thread off its CPU until wake or, when deadline is
// not 0, until that time.
func block(s State, deadline uint64) {
	t := Current()
	t.State = s
	t.deadline = deadline
	if deadline != 0 {
		sleepInsert(t)
	}
	schedule()
}

// wake makes a blocked thread ready with result in its system call's return
// register. first lets it run before others.
func wake(t *Thread, result uint64, first bool) {
	switch t.State {
	case Futex:
		bucketRemove(t)
	case Polling:
		poller = 0
	case Sleeping:
	default:
		return
	}
	if t.deadline != 0 {
		sleepRemove(t)
	}
	t.Return(result)
	if first {
		enqueueFirst(t)
	} else {
		enqueue(t)
	}
}

// Interrupt wakes t from whatever it waits for because a signal is pending.
func Interrupt(t *Thread) {
	if t.State >= Futex {
		result := uint64(resINTR)
		if t.State == Polling {
			result = resOK
		}
		wake(t, result, true)
	}
}

// Sleep blocks the current thread for ns nanoseconds. While other threads want
// the CPU a short sleep lasts a slice: the runtime's monitor thread sleeps for
// 20 us at a time when the program is busy, and each of those would interrupt
// it and switch twice. (Go's own timers do not come here: they end Poll.)
func Sleep(ns uint64) {
	Current().Return(resOK)
	if ns < slice && this().head != 0 {
		ns = slice
	}
	block(Sleeping, clock.Now()+ns)
}

// Wait blocks the current thread on a futex word if it still holds val, for at
// most ns nanoseconds; ns < 0 waits for ever. Sources: futex(2).
func Wait(word uint64, val uint32, ns int64) {
	t := Current()
	if *(*uint32)(unsafe.Pointer(uintptr(word))) != val {
		t.Return(resAGAIN)
		return
	}
	deadline := uint64(0)
	if ns >= 0 {
		deadline = clock.Now() + uint64(ns) + 1
	}
	t.futex = word
	b := &buckets[hash(word)]
	t.link = 0
	for *b != 0 { // append: first come, first served
		b = &thread(*b).link
	}
	*b = t.addr()
	block(Futex, deadline)
}

// Wake readies up to n threads that wait on word and returns how many.
func Wake(word uint64, n uint64) uint64 {
	count := uint64(0)
	for a := buckets[hash(word)]; a != 0 && count < n; {
		t := thread(a)
		a = t.link
		if t.futex == word {
			wake(t, resOK, false)
			count++
		}
	}
	return count
}

func hash(word uint64) uint64 { return (word >> 2 * 0x9e3779b97f4a7c15) >> 58 }

func bucketRemove(t *Thread) {
	b := &buckets[hash(t.futex)]
	for *b != t.addr() {
		b = &thread(*b).link
	}
	*b = t.link
}

// Poll blocks the current thread until PollWake or for at most ns nanoseconds
// (ns < 0: for ever). One thread at a time is the poller; the runtime sees to
// that.
func Poll(ns int64) {
	t := Current()
	t.Return(resOK)
	if woken || poller != 0 {
		woken = false
		return
	}
	poller = t.addr()
	deadline := uint64(0)
	if ns >= 0 {
		deadline = clock.Now() + uint64(ns) + 1
	}
	block(Polling, deadline)
}

// PollWake ends Poll, from an interrupt or another thread.
func PollWake() {
	if poller == 0 {
		woken = true
		return
	}
	wake(thread(poller), resOK, true)
}

func nextDeadline() uint64 {
	if sleepers == 0 {
		return 0
	}
	return thread(sleepers).deadline
}

// expire wakes every thread whose deadline has passed.
func expire() {
	if sleepers == 0 {
		return
	}
	for now := clock.Now(); sleepers != 0 && thread(sleepers).deadline <= now; {
		t := thread(sleepers)
		result := uint64(resOK)
		if t.State == Futex {
			result = resTIMEDOUT
		}
		wake(t, result, true)
	}
}

func sleepInsert(t *Thread) {
	p := &sleepers
	for *p != 0 && thread(*p).deadline <= t.deadline {
		p = &thread(*p).timer
	}
	t.timer = *p
	*p = t.addr()
}

func sleepRemove(t *Thread) {
	p := &sleepers
	for *p != t.addr() {
		p = &thread(*p).timer
	}
	*p = t.timer
	t.deadline = 0
}

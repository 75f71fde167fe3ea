package sched

import (
	"sync/atomic"
	"unsafe"

	"yolk/kernel/abi/assert"
	"yolk/kernel/clock"
	"yolk/kernel/klog"
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
	woken   bool    // PollWake came while nobody was in Poll, for no event
)

// interrupted reports whether a signal waits for the current thread, and gives it
// the result of a wait that one ended. Signal interrupts the CPU of a thread that
// runs, which is too late when the thread is in the kernel and about to block:
// whoever blocks must look first.
func interrupted(result uint64) bool {
	t := Current()
	if atomic.LoadUint64(&t.SigPending)&^t.SigMask == 0 {
		return false
	}
	t.Return(result)
	return true
}

// block takes the current thread off its CPU until wake or, when deadline is
// not 0, until that time. No signal waits for it: see interrupted.
func block(s State, deadline uint64) {
	t := Current()
	t.State = s
	t.deadline = deadline
	if deadline != 0 {
		sleep(t)
	}
	schedule()
}

// wake makes a blocked thread ready with result in its system call's return
// register. first lets it run before others.
func wake(t *Thread, result uint64, first bool) {
	switch t.State {
	case Futex:
		bucketRemove(t)
		if t.addr() == monitor {
			monitor = 0
		}
		if t.parked {
			t.unpark()
		}
	case Polling:
		poller = 0
	case Sleeping, Throttled:
	default:
		return
	}
	if t.deadline != 0 {
		unsleep(t)
	}
	if t.State != Throttled { // that one is in no system call
		t.Return(result)
	}
	ready(t, first)
}

// Signal makes the signals in set pending for the thread with an ID, ends its
// wait when it takes one of them, and interrupts it when it runs elsewhere. It
// reports whether there is such a thread.
func Signal(id uint32, set uint64) bool {
	mu.Lock()
	t := find(id)
	if t != nil {
		t.signal(set)
	}
	unlock()
	return t != nil
}

func (t *Thread) signal(set uint64) {
	atomic.OrUint64(&t.SigPending, set)
	switch {
	case t.State == Running && t != Current():
		poke(t.home)
	case t.State >= Futex && set&^t.SigMask != 0:
		result := uint64(resINTR)
		if t.State == Polling {
			result = resOK
		}
		wake(t, result, true)
	}
}

// Sleep blocks the current thread for ns nanoseconds. (Go's own timers do not come
// here: they end Poll.)
func Sleep(ns uint64) {
	mu.Lock()
	if !interrupted(resINTR) {
		Current().Return(resOK)
		block(Sleeping, clock.Now()+ns)
	}
	unlock()
}

// Throttle holds the current thread back, which is in a page fault, for ns
// nanoseconds or until a signal. Its registers stay as they are.
func Throttle(ns uint64) {
	mu.Lock()
	t := Current()
	if atomic.LoadUint64(&t.SigPending)&^t.SigMask == 0 {
		block(Throttled, clock.Now()+ns)
	}
	unlock()
}

// Wait blocks the current thread on a futex word if it still holds val, for at
// most ns nanoseconds; ns < 0 waits for ever. Sources: futex(2).
func Wait(word uint64, val uint32, ns int64) {
	mu.Lock()
	wait(Current(), word, val, ns)
	unlock()
}

// wait reports whether it blocked t, which is the current thread.
func wait(t *Thread, word uint64, val uint32, ns int64) bool {
	if atomic.LoadUint32((*uint32)(unsafe.Pointer(uintptr(word)))) != val {
		t.Return(resAGAIN)
		return false
	}
	if interrupted(resINTR) {
		return false
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
	return true
}

// Wake readies up to n threads that wait on word and returns how many.
func Wake(word uint64, n uint64) uint64 {
	mu.Lock()
	count := uint64(0)
	for a := buckets[hash(word)]; a != 0 && count < n; {
		t := thread(a)
		a = t.link
		if t.futex == word {
			wake(t, resOK, false)
			count++
		}
	}
	unlock()
	return count
}

func hash(word uint64) uint64 { return (word >> 2 * 0x9e3779b97f4a7c15) >> 58 }

func bucketRemove(t *Thread) {
	b := &buckets[hash(t.futex)]
	for *b != t.addr() {
		if assert.On {
			klog.Assert(*b != 0)
		}
		b = &thread(*b).link
	}
	*b = t.link
}

// Poll blocks the current thread until PollWake or for at most ns nanoseconds
// (ns < 0: for ever), unless an event has fired, for which there is a bit in one of the
// words pending. One thread at a time is the poller; the runtime sees to that.
func Poll(ns int64, pending []uint64) {
	mu.Lock()
	t := Current()
	t.Return(resOK)
	if woken || poller != 0 || fired(pending) {
		woken = false
	} else if !interrupted(resOK) {
		dismiss()
		poller = t.addr()
		deadline := uint64(0)
		if ns >= 0 {
			deadline = clock.Now() + uint64(ns) + 1
		}
		block(Polling, deadline)
	}
	unlock()
}

// fired tells whether a bit is set. Who sets one calls PollWake then: it is seen here, or the
// poller there.
func fired(words []uint64) bool {
	for i := range words {
		if atomic.LoadUint64(&words[i]) != 0 {
			return true
		}
	}
	return false
}

// PollWake ends Poll, for an event that has fired or because the runtime asks for it.
func PollWake(event bool) {
	mu.Lock()
	switch {
	case poller != 0:
		t := thread(poller)
		deadline := t.deadline
		wake(t, resOK, true)
		relieve(deadline)
	case event:
		call()
	default:
		woken = true
	}
	unlock()
}

package sched

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/mem"
)

// State is what a thread waits for.
type State uint8

const (
	Free      State = iota // the slot is not in use
	Ready                  // on a run queue
	Running                // on a CPU
	Futex                  // in Wait, until Wake or its deadline
	Sleeping               // until its deadline
	Polling                // idle in the runtime's network poller
	Throttled              // held back in a page fault, until its deadline or a signal
)

// A Thread is one schedulable context. It fills half a page frame: the fields,
// then the FPU save area. Its own processor may use the exported fields without
// a lock, and SigPending with atomic operations; the others belong to the
// package's lock.
type Thread struct {
	arch.Context // first, so that CPU.Context is also the thread's address

	ID       uint32
	State    State
	home     uint32  // the CPU it runs on, ran on last, or whose queue it is on
	link     uintptr // next on the run queue or futex bucket
	timer    uintptr // next on its home's sleep queue
	deadline uint64  // ns, 0: none
	futex    uint64  // address waited on
	Affinity uint64  // CPUs it may run on, a bit each
	below    uintptr // the next that is parked
	parked   bool    // in Park

	SigMask    uint64
	SigPending uint64
	AltStack   uint64 // base and size of the signal stack; size 0: none
	AltSize    uint64
	RunTime    uint64 // ns on a CPU, up to the last switch
	readyAt    uint64 // when it was put on the run queue, in which it is or was
	waited     uint64 // ns in one
	runs       uint64 // times that it began to run
	Starved    uint64 // when the page fault began that finds no frame
	StarvedAt  uint64 // the address of that fault
	KeepCaps   bool   // what prctl(PR_SET_KEEPCAPS) said; nothing depends on it,
	NoNewPrivs bool   // nor on what PR_SET_NO_NEW_PRIVS did

	Name [2]uint64 // the bytes of its name, which ends with a zero; all zero: the program's
}

const (
	threadSize = mem.PageSize / 2
	fpOffset   = 1024
	tableOrder = 1 // thread table: 2 pages
	maxThreads = mem.PageSize << tableOrder / 8
)

const _ = uint(fpOffset - unsafe.Sizeof(Thread{}))
const _ = uint(threadSize - fpOffset - arch.FPAreaSize)

var (
	table   uintptr // [maxThreads]uintptr: threads by ID-1
	spare   uintptr // freed thread slots, linked
	highest uint32  // highest ID ever used
	live    uint32
)

func thread(a uintptr) *Thread  { return (*Thread)(unsafe.Pointer(a)) }
func (t *Thread) addr() uintptr { return uintptr(unsafe.Pointer(t)) }

// find returns the thread with an ID, or nil.
func find(id uint32) *Thread {
	if id == 0 || id > highest {
		return nil
	}
	if t := thread(*slot(id)); t.State != Free {
		return t
	}
	return nil
}

func slot(id uint32) *uintptr {
	return (*uintptr)(unsafe.Pointer(table + uintptr(id-1)*8))
}

// Init makes the thread table; false: no memory.
func Init() bool {
	pa, ok := mem.Alloc(tableOrder)
	table = mem.Addr(pa)
	return ok
}

// New returns a blank thread that is not yet ready, or nil when there are too
// many or memory is short.
func New() *Thread {
	mu.Lock()
	t := blank()
	mu.Unlock()
	return t
}

func blank() *Thread {
	if spare == 0 && !moreThreads() {
		return nil
	}
	t := thread(spare)
	spare = t.link
	id, fp := t.ID, t.FPArea
	*t = Thread{ID: id, State: Sleeping, home: uint32(arch.This().ID), Affinity: ^uint64(0)}
	t.FPArea = fp
	live++
	return t
}

func moreThreads() bool {
	if highest+2 > maxThreads {
		return false
	}
	pa, ok := mem.Alloc(0)
	if !ok {
		return false
	}
	for i := uint32(2); i > 0; i-- { // the lower ID ends up first in line
		a := mem.Addr(pa) + uintptr(i-1)*threadSize
		t := thread(a)
		t.ID = highest + i
		t.FPArea = uint64(a) + fpOffset
		t.link = spare
		spare = a
		*slot(t.ID) = a
	}
	highest += 2
	return true
}

// Exit ends the current thread.
func Exit() {
	mu.Lock()
	t := Current()
	t.State = Free
	t.link = spare
	spare = t.addr()
	live--
	schedule()
	unlock()
}

// Start makes a new thread ready.
func Start(t *Thread) {
	mu.Lock()
	ready(t, false)
	unlock()
}

// Pin sets the CPUs that the thread with an ID (0: the current one) may run on,
// a bit each, and moves it if it has to. ok is false when there is no such
// thread, or no such CPU.
func Pin(id uint32, cpus uint64) (ok bool) {
	mu.Lock()
	t := self(id)
	ok = t != nil && cpus&online() != 0
	if ok {
		t.pin(cpus)
	}
	unlock()
	return ok
}

func (t *Thread) pin(cpus uint64) {
	t.Affinity = cpus
	switch {
	case t.State == Ready && !t.may(t.home):
		queueOf(t).remove(t)
		ready(t, false)
	case t == Current() && !t.may(t.home):
		t.Return(0)
		ready(t, false)
		schedule()
	case t.State == Running && !t.may(t.home):
		poke(t.home) // Preempt moves it
	}
}

// Affinity returns the CPUs that the thread with an ID (0: the current one) may
// run on, of those there are; 0 when there is no such thread.
func Affinity(id uint32) uint64 {
	mu.Lock()
	cpus := uint64(0)
	if t := self(id); t != nil {
		cpus = t.Affinity & online()
	}
	mu.Unlock()
	return cpus
}

// self returns the thread with an ID, or the current one for 0.
func self(id uint32) *Thread {
	if id == 0 {
		return Current()
	}
	return find(id)
}

// may tells whether t may run on a CPU.
func (t *Thread) may(cpu uint32) bool { return t.Affinity>>cpu&1 != 0 }

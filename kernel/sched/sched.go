// Package sched runs the kernel's threads, which are the Go runtime's Ms: a
// run queue for each CPU, futexes, sleeping with a deadline, and tickless idle.
//
// The kernel has no stack of its own between entries, so blocking does not
// suspend a call: Block marks the current thread, chooses the Context that the
// CPU resumes on leaving the kernel, and returns. While nothing can run the
// CPU halts inside Block until an interrupt makes a thread ready.
//
// All functions run in kernel context with interrupts off. Threads are linked
// by address (uintptr), because kernel context must not execute the garbage
// collector's write barriers; they live in page frames the collector does not
// know. The package may import arch, kernel/clock and kernel/mem.
package sched

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/clock"
	"yolk/kernel/mem"
)

// State is what a thread waits for.
type State uint8

const (
	Free     State = iota // the slot is not in use
	Ready                 // on a run queue
	Running               // on a CPU
	Futex                 // in Wait, until Wake or its deadline
	Sleeping              // until its deadline
	Polling               // idle in the runtime's network poller
)

// A Thread is one schedulable context. It fills half a page frame: the fields,
// then the FPU save area.
type Thread struct {
	arch.Context // first, so that CPU.Context is also the thread's address

	ID       uint32
	State    State
	link     uintptr // next on the run queue or futex bucket
	timer    uintptr // next on the sleep queue
	deadline uint64  // ns, 0: none
	futex    uint64  // address waited on

	SigMask    uint64
	SigPending uint64
	AltStack   uint64 // base and size of the signal stack; size 0: none
	AltSize    uint64
	RunTime    uint64 // ns on a CPU, up to the last switch
	KeepCaps   bool   // what prctl(PR_SET_KEEPCAPS) said; nothing depends on it
}

const (
	threadSize = mem.PageSize / 2
	fpOffset   = 1024
	tableOrder = 1 // thread table: 2 pages
	maxThreads = mem.PageSize << tableOrder / 8
)

const _ = uint(fpOffset - unsafe.Sizeof(Thread{}))
const _ = uint(threadSize - fpOffset - arch.FPAreaSize)

// slice is how long a thread may run while others wait for the same CPU.
const slice = 10e6

// MaxCPU is the number of CPUs the tables have room for.
const MaxCPU = 64

type cpu struct {
	current  uintptr
	head     uintptr // run queue
	tail     uintptr
	since    uint64 // when current was switched to
	resched  bool   // a thread that should run first became ready
	idleTime uint64
}

var (
	cpus    [MaxCPU]cpu
	table   uintptr // [maxThreads]uintptr: threads by ID-1
	spare   uintptr // freed thread slots, linked
	highest uint32  // highest ID ever used
	live    uint32

	sleepers uintptr // by deadline, soonest first
	switches uint64
)

// Stats are counters since boot.
type Stats struct {
	Threads  uint32
	Switches uint64
	Idle     uint64 // ns halted
}

// Snapshot returns the counters.
func Snapshot() Stats { return Stats{live, switches, cpus[0].idleTime} }

func thread(a uintptr) *Thread  { return (*Thread)(unsafe.Pointer(a)) }
func (t *Thread) addr() uintptr { return uintptr(unsafe.Pointer(t)) }

func this() *cpu { return &cpus[arch.This().ID] }

// Current returns the running thread.
func Current() *Thread { return thread(this().current) }

// Find returns the thread with an ID, or nil.
func Find(id uint32) *Thread {
	if id == 0 || id > highest {
		return nil
	}
	if t := thread(slot(id)); t.State != Free {
		return t
	}
	return nil
}

func slot(id uint32) uintptr { return *slotAddr(id) }

func slotAddr(id uint32) *uintptr {
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
	if spare == 0 && !moreThreads() {
		return nil
	}
	t := thread(spare)
	spare = t.link
	id, fp := t.ID, t.FPArea
	*t = Thread{ID: id, State: Sleeping}
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
		*slotAddr(t.ID) = a
	}
	highest += 2
	return true
}

// Exit ends the current thread.
func Exit() {
	t := Current()
	t.State = Free
	t.link = spare
	spare = t.addr()
	live--
	schedule()
}

// Start makes a new thread ready.
func Start(t *Thread) { enqueue(t) }

// Run makes t the CPU's current thread: the first one, at boot.
func Run(t *Thread) { switchTo(t) }

// Yield lets the other ready threads of this CPU run first.
func Yield() {
	if this().head == 0 {
		return
	}
	enqueue(Current())
	schedule()
}

func enqueue(t *Thread) {
	c := this()
	t.State, t.link = Ready, 0
	if c.head == 0 {
		c.head = t.addr()
	} else {
		thread(c.tail).link = t.addr()
	}
	c.tail = t.addr()
}

func enqueueFirst(t *Thread) {
	c := this()
	t.State, t.link = Ready, c.head
	c.head = t.addr()
	if t.link == 0 {
		c.tail = t.addr()
	}
	c.resched = true
}

// schedule chooses the thread that this CPU resumes, halting until there is one.
func schedule() {
	c := this()
	for {
		expire()
		if c.head != 0 {
			t := thread(c.head)
			c.head = t.link
			switchTo(t)
			Arm()
			return
		}
		c.current = 0
		clock.Arm(nextDeadline())
		before := clock.Now()
		arch.WaitForInterrupt()
		c.idleTime += clock.Now() - before
	}
}

func switchTo(t *Thread) {
	c, now := this(), clock.Now()
	if c.current != 0 {
		thread(c.current).RunTime += now - c.since
	}
	c.since, c.resched = now, false
	if c.current != t.addr() {
		switches++
	}
	c.current = t.addr()
	t.State = Running
	arch.This().Context = t.addr()
}

// Arm sets the timer for the soonest deadline, and for the end of the running
// thread's slice when another one waits. Call it before resuming a thread.
func Arm() {
	c := this()
	next := c.sooner(nextDeadline())
	if c.head != 0 {
		if end := c.since + slice; next == 0 || end < next {
			next = end
		}
	}
	clock.Arm(next)
}

// Tick serves the timer interrupt: expired sleepers become ready.
func Tick() {
	clock.Fired()
	clock.Refine()
	this().sample()
	expire()
}

// Idle reports whether this CPU is halted in the kernel, with no thread.
func Idle() bool { return this().current == 0 }

// Preempt switches threads on the way out of an interrupt when one that was
// just woken should run, or the current one's slice is over.
func Preempt() {
	c := this()
	if c.head != 0 && (c.resched || clock.Now() >= c.since+slice) {
		first := thread(c.head)
		c.head = first.link
		enqueue(Current())
		switchTo(first)
	}
	Arm()
}

// CurrentRunTime returns how long the current thread has been on a CPU, in ns.
func CurrentRunTime() uint64 {
	c := this()
	return thread(c.current).RunTime + clock.Now() - c.since
}

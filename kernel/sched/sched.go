// Package sched runs the kernel's threads, which are the Go runtime's Ms: a
// run queue and a sleep queue for each CPU, futexes, and tickless idle.
//
// The kernel has no stack of its own between entries, so blocking does not
// suspend a call: it marks the current thread, chooses the Context that the
// CPU resumes on leaving the kernel, and returns. The thread may be running on
// another CPU by then, so nothing touches its frame after a call that blocks.
// While nothing can run the CPU halts inside schedule until an interrupt, or
// another CPU's, makes a thread ready.
//
// A thread that becomes ready goes to the CPU that woke it if that has nothing else
// to do, since no interrupt is needed there, else to the one it ran on, else to any
// that is idle, else to the one with the fewest threads. A CPU with an empty queue
// takes from the others. So no CPU halts while a thread waits.
//
// All functions run in kernel context with interrupts off. Threads are linked
// by address (uintptr), because kernel context must not execute the garbage
// collector's write barriers; they live in page frames the collector does not
// know. The package may import arch and kernel/{abi,clock,klog,mem,smp}.
package sched

import (
	"math/bits"

	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/abi/assert"
	"yolk/kernel/clock"
	"yolk/kernel/klog"
	"yolk/kernel/smp"
)

// cpu is a processor's queues. They belong to mu, whoever they are of.
type cpu struct {
	current  uintptr
	head     uintptr // run queue
	tail     uintptr
	waiting  uint32  // threads on the run queue
	sleepers uintptr // by deadline, soonest first
	since    uint64  // when current was switched to
	busy     uint64  // ns that threads ran, up to since
	waited   uint64  // ns that they were on a run queue before
	runs     uint64  // times that one began to run
	sample   uint64  // when busy reaches this the profiling signal is due
	pokes    uint64  // CPUs that it will interrupt when mu is free, a bit each
	resched  bool    // a thread that should run first became ready
	drop     uint64  // when busy reaches this all translations are dropped
}

var (
	mu   smp.Lock
	cpus [abi.MaxCPUs]cpu

	switches uint64
)

// Slice is how long a thread may run while others wait for the same CPU, in
// ns. 0 is the cooperative policy: a thread runs until it blocks, which is what
// a run-to-completion network function wants. Set at boot.
var Slice uint64 = 10e6

func this() *cpu { return &cpus[arch.This().ID] }

// online has a bit for each CPU.
func online() uint64 { return 1<<smp.Count() - 1 }

// Current returns the running thread.
func Current() *Thread { return thread(this().current) }

// Run makes t the CPU's current thread: the first one, at boot.
func Run(t *Thread) {
	mu.Lock()
	this().run(t)
	unlock()
}

// Secondary finds the calling CPU, which has just been started, its first
// thread.
func Secondary() {
	mu.Lock()
	schedule()
	unlock()
}

// Yield lets the other ready threads of this CPU run first.
func Yield() {
	mu.Lock()
	if c := this(); c.head != 0 {
		t := thread(c.current)
		t.Return(0)
		c.push(t, false)
		schedule()
	}
	unlock()
}

// unlock frees mu, and then asks the interrupt controllers for what changed: each
// such request may leave the guest, and no other CPU shall wait for that.
func unlock() {
	c := this()
	pokes, alarm := c.pokes, c.alarm()
	c.pokes = 0
	mu.Unlock()
	for ; pokes != 0; pokes &= pokes - 1 {
		smp.Poke(bits.TrailingZeros64(pokes))
	}
	clock.Arm(alarm)
}

// schedule chooses the thread that this CPU resumes, halting until there is
// one. mu is held, but not while halted.
func schedule() {
	c := this()
	c.leave()
	for {
		c.expire()
		if t := c.next(); t != nil {
			c.run(t)
			return
		}
		c.hasten()
		unlock()
		smp.Idle()
		arch.WaitForInterrupt()
		smp.Busy()
		mu.Lock()
	}
}

// leave ends the current thread's time on c.
func (c *cpu) leave() {
	if c.current == 0 {
		return
	}
	now := clock.Now()
	thread(c.current).RunTime += now - c.since
	c.busy += now - c.since
	c.current = 0
}

// run makes t current on c, which is this CPU and has no current thread.
func (c *cpu) run(t *Thread) {
	if assert.On {
		klog.Assert(mu.Held() && c == this())
		klog.Assert(t.State != Free && t.may(uint32(arch.This().ID)))
	}
	c.since, c.resched = clock.Now(), false
	c.tally(t)
	c.current = t.addr()
	t.State, t.home = Running, uint32(arch.This().ID)
	if cpu := arch.This(); cpu.Context != t.addr() {
		switches++
		cpu.Context = t.addr()
	}
	// QEMU's software emulation keeps translations in a table for each processor, whose size
	// it chooses only when all are dropped: twice as large if it had become full, a part if
	// it was nearly empty. Nothing else here drops all of them, so that a size for an idle
	// machine would stay for hours of work, a third of which may then go to pages that were
	// known before. After seconds of work all that it needs is in use, and a real processor
	// does not notice.
	if c.busy >= c.drop {
		arch.FlushTLB()
		c.drop = c.busy + min(max(c.busy, firstDrop), dropEvery)
	}
}

// A processor drops all translations when its threads have run for firstDrop, at each
// double of that, and then whenever they have run for dropEvery, both in ns.
const (
	firstDrop = 4e6
	dropEvery = 2000e6
)

// tally counts that t begins to run, and what it has waited if it was on a run queue.
// Processors' clocks need not agree to the nanosecond.
func (c *cpu) tally(t *Thread) {
	if t.State == Ready && c.since > t.readyAt {
		c.waited += c.since - t.readyAt
		t.waited += c.since - t.readyAt
	}
	c.runs++
	t.runs++
}

// alarm is when c's timer should interrupt, 0: not at all. That is the soonest
// deadline, or the end of the running thread's slice when another one waits or the
// monitor sleeps.
func (c *cpu) alarm() uint64 {
	next := c.sooner(c.nextDeadline())
	end := uint64(0)
	switch {
	case c.head != 0 && Slice != 0:
		end = c.since + Slice
	case c.watched():
		end = c.since + watchSlices*Slice
	}
	if end != 0 && (next == 0 || end < next) {
		next = end
	}
	return next
}

// Arm sets the timer before the first thread is resumed.
func Arm() { clock.Arm(this().alarm()) }

// Tick serves the timer interrupt: expired sleepers become ready. Preempt, or
// schedule on a CPU that was halted, follows and sets the timer.
func Tick() {
	mu.Lock()
	clock.Fired()
	clock.Refine()
	c := this()
	c.profile()
	c.report(clock.Now())
	c.expire()
	mu.Unlock()
}

// Idle reports whether this CPU is halted in the kernel, with no thread.
func Idle() bool { return this().current == 0 }

// Preempt switches threads on the way out of an interrupt when one that was
// just woken should run, the current one's slice is over, or it may no longer
// run here.
func Preempt() {
	mu.Lock()
	c := this()
	t := thread(c.current)
	switch {
	case !t.may(t.home):
		c.leave()
		ready(t, false)
		schedule()
	case c.head != 0 && Slice != 0 && (c.resched || clock.Now() >= c.since+Slice):
		first := c.pop()
		c.leave()
		c.run(first)
		ready(t, false)
	}
	unlock()
}

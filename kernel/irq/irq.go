// Package irq carries interrupts from the vector to the goroutine that waits.
//
// A top half only acknowledges the interrupt and marks an event; the runtime's
// poller (boot/overlay) readies the goroutine parked in Event.Wait. Events are
// edge-like: any number of interrupts between two Waits count as one, and one
// that comes before Wait is not lost.
//
// Interrupt and PollWait run in kernel context, the rest in goroutines. It may
// import kernel/{clock,gic,lapic,sched,smp} and TamaGo's interrupt controllers.
package irq

import (
	"runtime"
	"sync/atomic"
	_ "unsafe" // for go:linkname

	"yolk/kernel/sched"
)

// Causes are interrupts that the kernel itself serves, in kernel context: a bit each.
type Causes uint8

const (
	Button Causes = 1 << iota // the power button
	Serial                    // the console

	causes = iota // how many there are
)

// An Event is something that interrupts can signal: 0 to maxEvents-1.
type Event int

// Input is signalled when the console has input.
const Input Event = 0

// pending is shared with the runtime's poller: one bit for each fired event.
//
//go:linkname pending runtime.yolkPending
var pending [4]uint64

var (
	events atomic.Int32
	counts [maxEvents]atomic.Uint64 // interrupts, for statistics
	stray  atomic.Uint64
)

// NewEvent returns a fresh event, which Route or Message then ties to an
// interrupt. ok is false when all are taken.
func NewEvent() (e Event, ok bool) {
	n := int(events.Add(1)) // Input is the first
	if n >= maxEvents {
		return 0, false
	}
	return Event(n), true
}

// routing is 1 while anybody sets up the interrupt controller. An interrupt may come in
// the middle of that, and must do without.
var routing atomic.Uint32

// Claim lets kernel context set up the interrupt controller, until Release. It
// reports false while a goroutine does.
func Claim() bool { return routing.CompareAndSwap(0, 1) }

// Release ends Claim.
func Release() { routing.Store(0) }

//yolk:goroutine
func lockRoutes() {
	for !Claim() { // another goroutine, or kernel context on another processor, is at it
		runtime.Gosched()
	}
}

// Route ties an interrupt line to e, on the boot CPU. It reports false for a line
// that the interrupt controller does not have.
//
//yolk:goroutine
func (e Event) Route(line int) bool {
	lockRoutes()
	ok := e.route(line)
	Release()
	return ok
}

// Wait parks the calling goroutine until the event fires. One goroutine at a
// time may wait for an event.
//
//yolk:goroutine
func (e Event) Wait() {
	e.rearm()
	eventWait(int(e))
}

// Count returns how many interrupts have signalled e.
func (e Event) Count() uint64 { return counts[e].Load() }

// Fire signals e as an interrupt would, from a goroutine.
//
//yolk:goroutine
func (e Event) Fire() {
	e.mark()
	eventBreak() // another processor may be waiting in the poller
}

func (e Event) mark() { atomic.OrUint64(&pending[e/64], 1<<(uint(e)%64)) }

// Signal counts an interrupt for e, marks e and wakes the poller.
func (e Event) Signal() {
	counts[e].Add(1)
	e.mark()
	sched.PollWake()
}

// PollWait blocks the current thread until an event fires, at most ns
// nanoseconds (ns < 0: for ever). Interrupts are off, and one that another CPU
// takes between the look and the wait makes Poll return at once (PollWake).
func PollWait(ns int64) {
	for i := range pending {
		if atomic.LoadUint64(&pending[i]) != 0 {
			sched.Current().Return(0)
			return
		}
	}
	sched.Poll(ns)
}

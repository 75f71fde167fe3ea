// Package irq carries interrupts from the vector to the goroutine that waits.
//
// A top half only acknowledges the interrupt and marks an event; the runtime's
// poller (boot/overlay) readies the goroutine parked in Event.Wait of
// kernel/posix/device. Events are edge-like: any number of interrupts between two Waits
// count as one, and one that comes before Wait is not lost.
//
// Everything runs in kernel context. It may import arch,
// kernel/{abi,clock,gic,lapic,machine,sched,smp} and TamaGo's interrupt controllers.
package irq

import (
	"sync/atomic"
	_ "unsafe" // for go:linkname

	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
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
const Input Event = abi.EventInput

// pending is shared with the runtime's poller: one bit for each fired event.
//
//go:linkname pending runtime.yolkPending
var pending [abi.Events / 64]uint64

var (
	events atomic.Int32
	counts [abi.MaxCPUs]abi.Interrupts // each processor writes its own
	lineOf [maxEvents]atomic.Uint32    // by event: its line, Level included, 0: none
)

// taken are the counters of the calling processor.
func taken() *abi.Interrupts { return &counts[arch.This().ID] }

// Taken fills in what a processor has taken, and the lines of events.
func Taken(processor int, all *abi.Interrupts) {
	*all = counts[processor]
	for e := range lineOf {
		all.Lines[e] = lineOf[e].Load()
	}
}

const _ = uint(abi.Events - maxEvents)

// New returns a fresh event, which Route or Message then ties to an
// interrupt. ok is false when all are taken.
func New() (e Event, ok bool) {
	n := int(events.Add(1)) // Input is the first
	if n >= maxEvents {
		return 0, false
	}
	return Event(n), true
}

// Given returns the event of a number, which New has returned or which is Input's.
func Given(number uint64) (e Event, ok bool) {
	return Event(number), number < maxEvents && int32(number) <= events.Load()
}

// routing is held by whoever sets up the interrupt controller.
var routing smp.Lock

// Route ties an interrupt line to e, on the boot CPU. It reports false for a line
// that the interrupt controller does not have.
func (e Event) Route(line int) bool {
	routing.Lock()
	ok := e.route(line)
	routing.Unlock()
	return ok
}

// Route ties a line to c, which is one cause.
func (c Causes) Route(line int) bool {
	routing.Lock()
	ok := c.route(line)
	routing.Unlock()
	return ok
}

// Message returns what a device writes, and where, to signal e by MSI or MSI-X through a
// processor, by its number modulo how many there are: the same at each call with that
// number. ok is false where there are no such messages, or none is left.
func (e Event) Message(processor uint64) (addr uint64, data uint32, ok bool) {
	routing.Lock()
	addr, data, ok = e.message(smp.NameOf(int(processor % uint64(smp.Count()))))
	routing.Unlock()
	return addr, data, ok
}

// Count returns how many interrupts have signalled e.
func (e Event) Count() (n uint64) {
	for i := range smp.Count() {
		n += counts[i].Events[e]
	}
	return n
}

// Fire marks e and wakes the poller.
func (e Event) Fire() {
	atomic.OrUint64(&pending[e/64], 1<<(uint(e)%64))
	sched.PollWake(true)
}

// Signal counts an interrupt for e and fires it.
func (e Event) Signal() {
	taken().Events[e]++
	e.Fire()
}

// PollWait blocks the current thread until an event fires, at most ns nanoseconds
// (ns < 0: for ever).
func PollWait(ns int64) { sched.Poll(ns, pending[:]) }

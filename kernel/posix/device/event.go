package device

import (
	"sync/atomic"

	"yolk/kernel/abi"
)

// An Event is something that interrupts can signal, and that a goroutine waits for. Any
// number of interrupts between two Waits count as one, and one that comes before Wait is
// not lost. One goroutine at a time may wait for an event; the other methods are safe for
// concurrent use.
type Event int

// Input is signalled when the console has input.
const Input Event = abi.EventInput

// levels tells which events have a line whose level counts. It is closed while its
// interrupt is served.
var levels [abi.Events]atomic.Bool

// NewEvent returns a fresh event, which Route or Message then ties to an interrupt. ok is
// false when all are taken.
func NewEvent() (e Event, ok bool) {
	n, _, errno := trap(abi.SysEventNew, 0, 0, 0)
	return Event(n), errno == 0
}

// Route ties an interrupt line to e, on the boot processor. Lines are numbered as the
// machine does, with abi.LineLevel for those whose level counts. It reports false for a
// line that the interrupt controller does not have.
func (e Event) Route(line int) bool {
	_, _, errno := trap(abi.SysEventRoute, uintptr(e), uintptr(line), 0)
	levels[e].Store(errno == 0 && line&abi.LineLevel != 0)
	return errno == 0
}

// Message returns what a device writes, and where, to signal e by MSI or MSI-X through a
// processor, by its number modulo how many there are: the same at each call with that
// number. ok is false on a machine without such messages, or when all are taken.
func (e Event) Message(processor int) (addr uint64, data uint32, ok bool) {
	a, _, errno := trap(abi.SysEventMessage, uintptr(e), 0, uintptr(processor))
	d, _, _ := trap(abi.SysEventMessage, uintptr(e), 1, uintptr(processor))
	return uint64(a), uint32(d), errno == 0
}

// Wait parks the calling goroutine until the event fires. Whoever waits has cleared the
// cause of the last interrupt.
func (e Event) Wait() {
	if levels[e].Load() {
		trap(abi.SysEventOpen, uintptr(e), 0, 0)
	}
	eventWait(int(e))
}

// Fire signals e as an interrupt would.
func (e Event) Fire() { trap(abi.SysEventFire, uintptr(e), 0, 0) }

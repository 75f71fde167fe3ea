package syscalls

import (
	"yolk/kernel/clock"
	"yolk/kernel/klog"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
)

// The signals by which people ask a program to end.
const (
	SigINT  = 2
	SigTERM = 15
)

// Grace is how long the program may take to end when it was asked to, in
// nanoseconds; 0 is no limit. Set from the command line (grace=) at boot.
var Grace uint64 = 10e9

// asked is the signal by which the program was asked to end, 0: it was not. The first
// processor's alone.
var asked uint64

// AskToEnd sends the program a signal from outside, as a terminal or a service
// manager does, once: the second time the machine ends. It runs in an interrupt of
// the first processor.
//
// The signal goes to the thread that was interrupted, or to the runtime's first, which
// is always there. That it does not go by way of a goroutine is deliberate: none gets to
// run in a program that is stuck, nobody waits for events in one that only waits for
// signals, and one that did would hide a deadlock.
func AskToEnd(sig uint64) {
	if asked != 0 {
		giveUp(", and was asked again")
	}
	asked = sig
	shutdown.Restart = shutdown.Never // what is switched off stays off
	if Grace != 0 {
		sched.SetAlarm(clock.Now()+Grace, false)
	}
	id := uint32(1)
	if t := current(); t != nil && t.SigMask&bit(sig) == 0 {
		id = t.ID
	}
	sched.Signal(id, bit(sig))
}

// GraceOver ends the machine when the alarm that AskToEnd has set is due.
func GraceOver() { giveUp(" and did not in time (grace=)") }

func giveUp(why string) {
	shutdown.Fatal(uint8(128+asked), klog.Last().Str("yolk: the program was asked to end by signal ").Uint(asked).Str(why))
}

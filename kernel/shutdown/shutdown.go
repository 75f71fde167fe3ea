// Package shutdown ends the machine, with an exit status where the emulator
// can report one. It is safe in any context.
//
// It may import arch and kernel/{klog,machine,mem,sched,smp}.
package shutdown

import (
	"yolk/arch"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
)

// Exit statuses of failures that the kernel itself reports.
const (
	StatusKernel   = 134 // the kernel found itself broken
	StatusNoMemory = 137 // RAM is used up; what Linux's OOM killer gives
	StatusRefused  = 78  // the machine lacks something the image needs
)

// A Policy says when the machine starts again instead of staying off: a board in
// a cupboard has nobody to switch it on. The order is that of the words in
// kernel/cmdline.
type Policy uint8

const (
	Never Policy = iota
	OnFailure
	Always
)

// Restart is the policy. Set from the command line (restart=) at boot, before any
// other CPU runs.
var Restart = Never

// Report has a machine that ends with another status than 0 print its threads and the use
// of its memory. Set from the command line (crash=report) at boot.
var Report bool

// Exit ends the machine with a status, or starts it again if the policy says so.
func Exit(status uint8) {
	if Report && status != 0 {
		Report = false // in case that fails as well
		sched.Report()
		mem.Report()
	}
	if Restart == Always || Restart == OnFailure && status != 0 {
		restart(status)
	}
	Off(status)
}

// Off ends the machine with a status, whatever the policy.
func Off(status uint8) {
	smp.StopOthers()
	machine.This.End(status)
	arch.Halt()
}

// Reset starts the machine again. It returns where the machine has no way to do
// that.
func Reset() { restart(0) }

// restart tells the status to who does not let the machine start again.
func restart(status uint8) {
	smp.StopOthers()
	machine.This.Reset(status)
}

// Fatal prints one line and ends the machine.
func Fatal(status uint8, e klog.Entry) {
	e.End()
	Exit(status)
}

// Package shutdown ends the machine, with an exit status where the emulator
// can report one. It is safe in any context.
package shutdown

import (
	"yolk/kernel/klog"
	"yolk/kernel/smp"
)

// Exit statuses of failures that the kernel itself reports.
const (
	StatusKernel   = 134 // the kernel found itself broken
	StatusNoMemory = 137 // RAM is used up; what Linux's OOM killer gives
	StatusRefused  = 78  // the machine lacks something the image needs
)

// Exit ends the machine with a status.
func Exit(status uint8) {
	smp.StopOthers()
	end(status)
}

// Fatal prints one line and ends the machine.
func Fatal(status uint8, e klog.Entry) {
	e.End()
	Exit(status)
}

// Package shutdown ends the machine, with an exit status where the emulator
// can report one. It is safe in any context.
package shutdown

import (
	"yolk/arch/amd64"
	"yolk/kernel/klog"
)

// Exit statuses of failures that the kernel itself reports.
const (
	StatusKernel   = 134 // the kernel found itself broken
	StatusNoMemory = 137 // RAM is used up; what Linux's OOM killer gives
	StatusRefused  = 78  // the machine lacks something the image needs
)

// Ports. QEMU's isa-debug-exit ends the emulator but keeps only seven bits of
// the status, so the status goes through isa-debugcon before. On a machine
// without these devices the writes do nothing and the reset ends it.
const (
	portStatus = 0xe9
	portExit   = 0xf4
	portReset  = 0xcf9 // PCI reset control: 6 = full reset
	portKBC    = 0x64  // keyboard controller: 0xfe pulses the reset line
)

// Exit ends the machine with a status.
func Exit(status uint8) {
	amd64.Out8(portStatus, status)
	amd64.Out32(portExit, uint32(status)&0x7f)
	amd64.Out8(portReset, 6)
	amd64.Out8(portKBC, 0xfe)
	amd64.Halt()
}

// Fatal prints one line and ends the machine.
func Fatal(status uint8, e klog.Entry) {
	e.End()
	Exit(status)
}

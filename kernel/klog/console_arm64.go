package klog

import (
	"yolk/arch/mmio"
	"yolk/kernel/chip/uart"
)

// The console is the serial port that the boot sequence found. Before, output is
// lost. The initialisers keep both in the data segment, usable before BSS is
// mapped.
var (
	registers = mmio.Mapped{Base: 1}
	console   = uart.Port{Regs: &registers}
)

// SetConsole makes the port with registers at base the console. Firmware or the
// caller has set its rate.
func SetConsole(kind uart.Kind, base uintptr) {
	registers.Base = base
	console.Kind = kind
}

// SetRate sets the console's rate in baud, from its input clock in Hz.
func SetRate(clock, baud uint32) { console.Init(clock, baud) }

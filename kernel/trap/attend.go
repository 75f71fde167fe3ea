package trap

import (
	"yolk/arch"
	"yolk/kernel/boot"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/sched"
	"yolk/kernel/syscalls"
)

// Whoever wants the program to end presses the power button, which is a SIGTERM, or
// sends a break on the serial line, which is a SIGINT as from a terminal (POSIX
// termios, BRKINT). Both are attended to from when the first processor has nothing to
// do, or the alarm comes that the boot sequence has set: what the program prints first
// does not wait for it.
var attending bool

// attend serves interrupts that are the kernel's own, and the alarm.
func attend(c irq.Causes) {
	if c&irq.Button != 0 && boot.Pressed() {
		syscalls.AskToEnd(syscalls.SigTERM)
	}
	if c&irq.Serial != 0 {
		serveSerial()
	}
	c.Served()
	if arch.This().ID == 0 && sched.AlarmDue() {
		if attending {
			syscalls.GraceOver()
		}
		beginAttending()
	}
}

func serveSerial() {
	broken, input := klog.ServeInput()
	if broken {
		syscalls.AskToEnd(syscalls.SigINT)
	}
	if input {
		irq.Input.Signal()
	}
}

// beginAttending lets button and console interrupt.
func beginAttending() {
	attending = true
	sched.SetAlarm(0, false)
	boot.SwitchOnButton()
	if line, ok := machine.This.ConsoleLine(); ok && irq.Serial.Route(line) {
		serveSerial() // what came before was no edge
	}
}

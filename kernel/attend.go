package kernel

import (
	"yolk/arch"
	"yolk/kernel/clock"
	"yolk/kernel/irq"
	"yolk/kernel/linux"
	"yolk/kernel/sched"
)

// Whoever wants the program to end presses the power button, which is a SIGTERM. The
// button is looked for when the first processor has nothing to do, or the program has
// run for patience: what a program prints first does not wait for it.
const patience = 20e6 // ns

var attending bool

// attendLater has attend called in time. It is the boot sequence's last step.
func attendLater() { sched.SetAlarm(clock.Now()+patience, true) }

// attend serves interrupts that are the kernel's own, and the alarm.
func attend(c irq.Causes) {
	if c&irq.Button != 0 && pressed() {
		linux.AskToEnd(linux.SigTERM)
	}
	c.Served()
	if arch.This().ID == 0 && sched.AlarmDue() {
		if attending {
			linux.GraceOver()
		}
		attending = true
		sched.SetAlarm(0, false)
		switchOnButton()
	}
}

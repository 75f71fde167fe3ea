package syscalls

import (
	"yolk/arch"
	"yolk/kernel/irq"
)

// sysEventNew () returns an event's number.
func sysEventNew(f *arch.Frame) {
	if e, ok := irq.New(); ok {
		f.Return(uint64(e))
	} else {
		f.Return(fail(errAGAIN))
	}
}

// sysEventRoute (event, line) ties a line of the interrupt controller to an event.
func sysEventRoute(f *arch.Frame) {
	e, ok := irq.Given(f.A0())
	f.Return(status(ok && e.Route(int(f.A1())), errINVAL))
}

// sysEventMessage (event, part, processor) returns the address to which a device writes,
// or what.
func sysEventMessage(f *arch.Frame) {
	e, ok := irq.Given(f.A0())
	var addr uint64
	var data uint32
	if ok {
		addr, data, ok = e.Message(f.A2())
	}
	switch {
	case !ok:
		f.Return(fail(errAGAIN))
	case f.A1() == 0:
		f.Return(addr)
	default:
		f.Return(uint64(data))
	}
}

// sysEventOpen (event) opens its line again.
func sysEventOpen(f *arch.Frame) {
	e, ok := irq.Given(f.A0())
	if ok {
		e.Open()
	}
	f.Return(status(ok, errINVAL))
}

// sysEventFire (event) signals it.
func sysEventFire(f *arch.Frame) {
	e, ok := irq.Given(f.A0())
	if ok {
		e.Fire()
	}
	f.Return(status(ok, errINVAL))
}

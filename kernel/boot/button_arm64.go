package boot

import (
	"yolk/arch/mmio"
	"yolk/kernel/chip/button"
	"yolk/kernel/irq"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

// The power button: a key on a GPIO controller.
var (
	keyRegs  = mmio.Mapped{Base: 1}
	powerKey = button.Key{Regs: &keyRegs}
)

// SwitchOnButton finds the power button and lets it interrupt.
func SwitchOnButton() {
	t, ok := DeviceTree()
	if !ok {
		return
	}
	pin, ok := t.PowerKey()
	if !ok || !t.Is(pin.Controller, "arm,pl061") || pin.Number >= button.Pins {
		return
	}
	regs, ok1 := t.Address(pin.Controller, 0)
	i, ok2 := t.Interrupt(pin.Controller, 0)
	line, ok3 := machine.This.Line(i)
	if !ok1 || !ok2 || !ok3 {
		return
	}
	if keyRegs.Base = mem.MapDevice(regs.Addr, mem.PageSize); keyRegs.Base != 0 {
		powerKey.Pin, powerKey.Low = pin.Number, pin.Low
		powerKey.SwitchOn()
		irq.Button.Route(line)
	}
}

// Pressed reports whether the button was pressed since the last call.
func Pressed() bool { return powerKey.Pressed() }

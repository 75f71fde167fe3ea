package boot

import (
	"yolk/arch/amd64"
	"yolk/arch/mmio"
	"yolk/kernel/chip/button"
	"yolk/kernel/firmware/acpi"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

// The power button: one of the two, or none.
var (
	fixedButton = button.Fixed{Ports: button.Ports{In16: amd64.In16, Out8: amd64.Out8, Out16: amd64.Out16}}

	genericRegs   = mmio.Mapped{Base: 1}
	genericButton = button.Generic{Regs: &genericRegs}
)

// SwitchOnButton finds the power button and lets it interrupt.
func SwitchOnButton() {
	if machine.Loaded.Firmware == 0 {
		return
	}
	tables, code := ACPI()
	var f acpi.FADT
	if code == acpi.OK {
		f, code = tables.FADT()
	}
	if code != acpi.OK {
		klog.Line(klog.Boot, klog.Info).Str("no power button: ").Str(code.Error()).End()
		return
	}
	if b, ok := f.PowerButton(); ok {
		fixedButton.PowerButton = b
		if !fixedButton.SwitchOn() || !irq.Button.Route(b.SCI) {
			klog.Line(klog.Boot, klog.Info).Str("no power button: the firmware does not hand it over (PM1_CNT.SCI_EN)").End()
		}
		cardsMoved() // what came before was no edge
	} else if addr, ok := f.GenericEvents(); ok && mem.MapDevice(addr, mem.PageSize) != 0 {
		genericRegs.Base = uintptr(addr)
		irq.Button.Route(button.GenericLine)
	}
}

// rounds limits how often Pressed looks for another cause of its interrupt.
const rounds = 8

// Pressed reports whether the button was pressed since the last call. The fixed
// button's interrupt (SCI) is that of hot plug as well, and is an edge again only after
// neither of them holds the line up.
func Pressed() (yes bool) {
	if fixedButton.Event == 0 {
		return genericButton.Pressed()
	}
	for range rounds {
		moved := cardsMoved()
		if !fixedButton.Pressed() {
			if !moved {
				break
			}
			continue
		}
		yes = true
	}
	return yes
}

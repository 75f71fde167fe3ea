package boot

import (
	"sync/atomic"

	"yolk/arch/amd64"
	"yolk/kernel/firmware/acpi"
	"yolk/kernel/irq"
	"yolk/kernel/machine"
)

// hotPlug is where the machine says that PCI cards come and go, by the power button's
// interrupt, once a goroutine wants to know.
var hotPlug struct {
	acpi.HotPlug
	event irq.Event
	on    atomic.Bool
}

// HotPlug has e fire when PCI cards come and go by ACPI, and returns the first port of
// the registers that tell which. ok is false on a machine that has no such thing. To be
// called once, by a goroutine.
func HotPlug(e irq.Event) (port uint16, ok bool) {
	if machine.Loaded.Firmware == 0 {
		return 0, false
	}
	tables, _ := ACPI() // empty after an error
	if hotPlug.HotPlug, ok = tables.HotPlug(); !ok {
		return 0, false
	}
	hotPlug.event = e
	hotPlug.on.Store(true)
	amd64.Out8(hotPlug.Enable, acpi.HotPlugEvent)
	return hotPlug.Block, true
}

// cardsMoved tells whoever waits for it that there is a hot-plug event, and reports
// whether there was one.
func cardsMoved() bool {
	if !hotPlug.on.Load() || amd64.In8(hotPlug.Status)&acpi.HotPlugEvent == 0 {
		return false
	}
	amd64.Out8(hotPlug.Status, acpi.HotPlugEvent) // write one to clear
	hotPlug.event.Signal()
	return true
}

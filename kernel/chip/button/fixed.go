// Package button reads a machine's power button, in kernel context: that of a PC
// (Fixed), that of QEMU's machines without one (Generic), and a key on a GPIO
// controller (Key).
//
// A button is switched on once, and then asked at each of its interrupts whether it
// was pressed, which clears the cause. It is pressed once however long it is held.
//
// Sources: ACPI Specification 6.5, cited as ACPI; PrimeCell General Purpose
// Input/Output (PL061) Technical Reference Manual, ARM DDI 0190B, cited as PL061;
// QEMU documentation, docs/specs/acpi_hw_reduced_hotplug.
//
// It may import arch/mmio and kernel/firmware/acpi only.
package button

import "yolk/kernel/firmware/acpi"

// Ports is access to I/O ports.
type Ports struct {
	In16  func(port uint16) uint16
	Out8  func(port uint16, v uint8)
	Out16 func(port, v uint16)
}

// A Fixed is the power button of ACPI's fixed hardware (ACPI 4.8.3.1 and 4.8.3.2),
// where the FADT says.
type Fixed struct {
	Ports
	acpi.PowerButton
}

// Bits of the PM1 status and enable registers (ACPI tables 4.14 and 4.15) and of
// PM1 control (table 4.16).
const (
	pm1PowerButton = 1 << 8 // status RW1C, enable RW
	pm1All         = 1<<0 | 1<<4 | 1<<5 | 1<<8 | 1<<9 | 1<<10 | 1<<14 | 1<<15

	cntSCI = 1 << 0 // R the events interrupt by SCI, not by SMI
)

// retries limits the wait for ACPI mode. A port access takes 100 ns and more; the
// firmware of virtual machines needs one.
const retries = 100_000

// SwitchOn lets the button, and no other fixed event, interrupt. It reports false
// when the firmware does not hand over the events (PM1_CNT.SCI_EN stays 0).
func (b *Fixed) SwitchOn() bool {
	if b.Command != 0 && b.In16(b.Control)&cntSCI == 0 { // ACPI 4.8.2.5
		b.Out8(b.Command, b.ACPI)
		for i := 0; b.In16(b.Control)&cntSCI == 0; i++ {
			if i == retries {
				return false
			}
		}
	}
	b.Out16(b.Enable, 0)
	b.Out16(b.Event, pm1All) // an event of before would hold the line up
	b.Out16(b.Enable, pm1PowerButton)
	return true
}

// Pressed reports whether the button was pressed since the last call. Only what it
// saw is cleared: another press interrupts again.
func (b *Fixed) Pressed() bool {
	if b.In16(b.Event)&pm1PowerButton == 0 {
		return false
	}
	b.Out16(b.Event, pm1PowerButton)
	return true
}

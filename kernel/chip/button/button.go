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

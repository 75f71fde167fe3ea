package smp

import "github.com/usbarmory/tamago/amd64/lapic"

// Vector is the interrupt that one processor sends another.
const Vector = 254

// apic is the local APIC, which every processor finds at the same address.
var apic = lapic.LAPIC{Base: 0xfee00000}

func send(hw uint32) { apic.IPI(int(hw), Vector, lapic.ICR_DLV_IRQ) }

// stop reaches a processor that has interrupts off: the kernel's NMI handler
// calls Halt.
func stop(hw uint32) { apic.IPI(int(hw), 0, lapic.ICR_DLV_NMI) }

// Start makes the processor with APIC id hw execute the page at physical
// address page, which lies below 1 MiB, in real mode (SDM 3A, 9.4.4). The waits
// of that section are for processors older than long mode.
func Start(hw uint32, page uint32) {
	apic.IPI(int(hw), 0, 1<<lapic.ICR_INIT|lapic.ICR_DLV_INIT)
	for range 2 {
		apic.IPI(int(hw), int(page>>12), 1<<lapic.ICR_INIT|lapic.ICR_DLV_SIPI)
	}
}

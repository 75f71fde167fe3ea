package smp

import (
	"github.com/usbarmory/tamago/amd64/lapic"

	"yolk/arch/mmio"
)

// Vector is the interrupt that one processor sends another.
const Vector = 254

// base is where every processor finds its own local APIC.
const base = 0xfee00000

var (
	apic      = lapic.LAPIC{Base: base}
	registers = mmio.Mapped{Base: base}
)

// Name is the calling processor's APIC id: eight bits in xAPIC mode (SDM 3A,
// 10.4.6), of which TamaGo's LAPIC.ID keeps four.
func Name() uint32 { return registers.Read32(lapic.LAPIC_ID) >> lapic.ID }

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

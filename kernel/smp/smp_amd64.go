package smp

import "yolk/kernel/chip/lapic"

// Vector is the interrupt that one processor sends another.
const Vector = 254

// Name is what the interrupt controllers call the calling processor.
func Name() uint32 { return lapic.ID() }

func send(hw uint32) { lapic.Send(hw, lapic.Fixed, Vector) }

// stop reaches a processor that has interrupts off: the kernel's NMI handler
// calls Halt.
func stop(hw uint32) { lapic.Send(hw, lapic.NMI, 0) }

// Start makes the processor with APIC id hw execute the page at physical
// address page, which lies below 1 MiB, in real mode (SDM 3A, 9.4.4). The waits
// of that section are for processors older than long mode.
func Start(hw uint32, page uint32) {
	lapic.Send(hw, lapic.Init, 0)
	for range 2 {
		lapic.Send(hw, lapic.StartUp, uint8(page>>12))
	}
}

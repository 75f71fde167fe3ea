package irq

import "github.com/usbarmory/tamago/soc/intel/ioapic"

// IOAPICBase is where QEMU, and every PC with one I/O APIC, has it; a second
// one (microvm) follows 64 KiB above. The kernel maps both at boot.
const (
	IOAPICBase   = 0xfec00000
	IOAPIC2Base  = 0xfec10000
	ioapic2First = 24
)

var (
	chip  = ioapic.IOAPIC{Base: IOAPICBase}
	chip2 = ioapic.IOAPIC{Index: 1, Base: IOAPIC2Base, GSIBase: ioapic2First}
)

// Route sends global system interrupt gsi to vector on the boot CPU,
// edge-triggered: a device whose line stays up is asked again by its driver,
// which clears the cause before it looks for work.
func Route(gsi, vector int) {
	if gsi >= ioapic2First {
		chip2.EnableInterrupt(gsi, vector)
		return
	}
	chip.EnableInterrupt(gsi, vector)
}

// Message returns what a device writes, and where, to raise vector on the boot
// CPU by MSI or MSI-X (SDM 3A, 11.11: fixed delivery, edge).
func Message(vector int) (addr uint64, data uint32) { return 0xfee00000, uint32(vector) }

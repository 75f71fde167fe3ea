package boot

import "yolk/arch/amd64"

// offPatience is how many port accesses, of 100 ns and more, a machine has to switch
// itself off.
const offPatience = 1 << 20

// softOff switches the machine off by ACPI: where no emulator takes a status, as
// under libvirt, a reset would start it again.
func softOff() {
	if visible.firm == 0 {
		return
	}
	tables, _ := acpiTables() // empty after an error
	port, word, ok := tables.SoftOff()
	if !ok {
		return
	}
	amd64.Out16(port, word)
	for range offPatience {
		amd64.In16(port)
	}
}

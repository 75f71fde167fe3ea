package machine

import (
	"yolk/arch/amd64"
	"yolk/kernel/boot"
)

// Ports. QEMU's isa-debug-exit ends the emulator but keeps only seven bits of
// the status, so the status goes through isa-debugcon before. On a machine
// without these devices the writes do nothing; it is switched off, or, where that
// cannot be, the reset ends it. Of the ways to that a microvm has the last only.
const (
	portStatus = 0xe9
	portExit   = 0xf4
	portReset  = 0xcf9 // PCI reset control: 6 = full reset
	portKBC    = 0x64  // keyboard controller: 0xfe pulses the reset line
)

// end makes the machine stop with a status.
func end(status uint8) {
	amd64.Out8(portStatus, status)
	amd64.Out32(portExit, uint32(status)&0x7f)
	softOff()
	reset(status)
}

// reset makes the machine start again, or the emulator end with the status, if it
// was told to (-no-reboot).
func reset(status uint8) {
	amd64.Out8(portStatus, status)
	amd64.Out8(portReset, 6)
	amd64.Out8(portKBC, 0xfe)
	amd64.Reset()
}

// offPatience is how many port accesses, of 100 ns and more, a machine has to switch
// itself off.
const offPatience = 1 << 20

// softOff switches the machine off by ACPI: where no emulator takes a status, as
// under libvirt, a reset would start it again.
func softOff() {
	tables, _ := boot.ACPI() // empty after an error
	port, word, ok := tables.SoftOff()
	if !ok {
		return
	}
	amd64.Out16(port, word)
	for range offPatience {
		amd64.In16(port)
	}
}

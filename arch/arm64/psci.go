//go:build arm64

package arm64

import "unsafe"

// Function identifiers (DEN 0022, 5.1) and results (5.2.2).
const (
	psciSystemOff   = 0x84000008
	psciSystemReset = 0x84000009
	psciCPUOn       = 0xc4000003
)

// A Conduit is how firmware is called.
type Conduit uint8

const (
	ByHVC Conduit = 1 + iota
	BySMC
	NoFirmware
)

// Firmware is how PSCI is called; the boot sequence sets it. It lies in the data
// segment, since the machine may have to end before BSS exists.
var Firmware = NoFirmware

func psci(fn, a1, a2, a3 uint64) int64 {
	switch Firmware {
	case ByHVC:
		return int64(HVC(fn, a1, a2, a3))
	case BySMC:
		return int64(SMC(fn, a1, a2, a3))
	}
	return -1 // NOT_SUPPORTED
}

// PowerOff and Reset end the machine. They return where there is no firmware.
func PowerOff() { psci(psciSystemOff, 0, 0, 0) }
func Reset()    { psci(psciSystemReset, 0, 0, 0) }

// StartCPU wakes the processor that c names by MPIDR; it arrives in the kernel
// on c's stack. c must be prepared and have its stack. ok is false when the
// firmware refuses.
func StartCPU(c *CPU) (ok bool) {
	entry := ImagePhys(uint64(secondaryPC()))
	return psci(psciCPUOn, c.MPIDR, entry, uint64(uintptr(unsafe.Pointer(c)))) == 0
}

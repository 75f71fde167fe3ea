package shutdown

import (
	"unsafe"

	"yolk/arch/arm64"
	"yolk/arch/mmio"
	"yolk/kernel/chip/bcm2837"
)

// Semihosting's way to end with a status (Arm, "Semihosting for AArch32 and
// AArch64", 7.9). Where nobody serves it, the instruction is undefined and the
// kernel continues behind it (kernel/trap/trap_arm64.go).
const (
	sysExitExtended = 0x20
	applicationExit = 0x20026
)

var exitBlock = [2]uint64{applicationExit}

// end makes the machine stop with a status, or without one where only the power
// can be switched off.
func end(status uint8) {
	exitBlock[1] = uint64(status)
	arm64.Semihost(sysExitExtended, uintptr(unsafe.Pointer(&exitBlock)))
	arm64.PowerOff()
	if powerRegs.Base != unused {
		power.Off()
	}
	arm64.Halt()
}

// reset makes the machine start again, where there is somebody to do it. Nobody takes
// a status with that.
func reset(uint8) {
	arm64.Reset()
	if powerRegs.Base != unused {
		power.Reset()
		arm64.Halt()
	}
}

// The Raspberry Pi's power management.
var (
	powerRegs = mmio.Mapped{Base: unused} // in the data segment: used before BSS is mapped
	power     = bcm2837.Power{Regs: &powerRegs}
)

const unused = 1

// UseBoard ends the machine by the Raspberry Pi's power management, with its
// registers at base.
func UseBoard(base uintptr) { powerRegs.Base = base }

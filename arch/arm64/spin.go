//go:build arm64

package arm64

import (
	"unsafe"

	"yolk/arch/mmio"
)

// parked are the CPUs of processors that left the spin table, by the lowest
// affinity field, which is enough for the board that has one; 0: stay parked.
// The initialiser of another processor's keeps them in the data segment.
var parked = [4]uint64{1}

// Park lets the processor that waits at a spin table (booting.rst, section 4),
// with its word at release, wait in WFI instead until WakeParked: the table's wait
// costs power, and an emulator all of its time.
func Park(release uintptr) {
	*(*uint64)(unsafe.Pointer(release)) = ImagePhys(uint64(parkPC()))
	mmio.Flush(release, 8) // it reads with its caches off
	sendEvent()
}

// WakeParked lets the processor that c names by MPIDR enter the kernel on c's
// stack, once an interrupt for it is pending, which the caller sees to. c must be
// prepared and have its stack. ok is false when there is no such processor.
func WakeParked(c *CPU) (ok bool) {
	if c.MPIDR >= uint64(len(parked)) {
		return false
	}
	parked[c.MPIDR] = uint64(uintptr(unsafe.Pointer(c)))
	mmio.Flush(uintptr(unsafe.Pointer(&parked)), unsafe.Sizeof(parked))
	return true
}

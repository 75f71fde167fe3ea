//go:build amd64

package amd64

import "unsafe"

// Another processor is started by INIT and STARTUP interrupts (SDM 3A, 9.4),
// which make it execute a page below 1 MiB in real mode.

const trampolineSize = 0x49 // of the code; the fields begin at 0x80

// trampolineFields lie at 0x80 in the page; the code knows their offsets.
type trampolineFields struct {
	cr4, cr3, cr0 uint32
	gdtLimit      uint16
	gdtBase       [2]uint16 // 32 bits, not aligned
	_             uint16
	wide          uint32 // far pointer to the 64-bit part of the code
	wideSelector  uint16
	_             [3]uint16
	cpu           uint64
	entry         uint64
}

var _ [0x30]byte = [unsafe.Sizeof(trampolineFields{})]byte{}

// WriteTrampoline fills the page at physical address pa (seen at va) with the
// code that starts c. The page must be mapped at its physical address,
// executable, while c starts; the page tables must lie below 4 GiB. c's stacks
// must be set.
func WriteTrampoline(pa uint32, va uintptr, c *CPU) {
	c.InKernel = 1
	copy(unsafe.Slice((*byte)(unsafe.Pointer(va)), trampolineSize),
		unsafe.Slice((*byte)(unsafe.Pointer(trampolinePC())), trampolineSize))
	gdt := uint32(bootGDTAddr())
	*(*trampolineFields)(unsafe.Pointer(va + 0x80)) = trampolineFields{
		cr4: uint32(ReadCR4()), cr3: uint32(ReadCR3()), cr0: uint32(readCR0()),
		gdtLimit: 23, gdtBase: [2]uint16{uint16(gdt), uint16(gdt >> 16)},
		wide: pa + 0x39, wideSelector: SelCode,
		cpu: uint64(uintptr(unsafe.Pointer(c))), entry: uint64(secondaryEntryPC()),
	}
}

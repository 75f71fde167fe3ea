package virtio

import (
	"fmt"
	"unsafe"
)

// mapped is a Region of real registers.
type mapped struct {
	base uintptr
	size uint32
}

// Map returns the registers at virtual address base, size bytes, which the
// platform has mapped uncached and keeps mapped.
func Map(base uintptr, size uint32) Region { return &mapped{base, size} }

func (m *mapped) Len() uint32 { return m.size }

// at checks the access and returns its address. The address lies outside the Go
// heap, in memory that is never moved or freed, so forming a pointer from the
// number is sound; unsafe.Add from nil is the form that says so to vet.
func (m *mapped) at(off, width uint32) unsafe.Pointer {
	if off%width != 0 || off > m.size || m.size-off < width {
		panic(fmt.Sprintf("virtio: register access at %#x, width %d, outside %#x", off, width, m.size))
	}
	return unsafe.Add(unsafe.Pointer(nil), m.base+uintptr(off))
}

// The accessors are not inlined: a call keeps the compiler from merging,
// repeating or reordering the access, and it is one plain MOV (LDR, STR) of its
// width. sync/atomic would be wrong here: its stores are XCHG on amd64, which
// reads the register as well. The processor keeps accesses to device memory in
// order among themselves.

//go:noinline
func (m *mapped) Read8(off uint32) uint8 { return *(*uint8)(m.at(off, 1)) }

//go:noinline
func (m *mapped) Read16(off uint32) uint16 { return *(*uint16)(m.at(off, 2)) }

//go:noinline
func (m *mapped) Read32(off uint32) uint32 { return *(*uint32)(m.at(off, 4)) }

//go:noinline
func (m *mapped) Write8(off uint32, v uint8) { *(*uint8)(m.at(off, 1)) = v }

//go:noinline
func (m *mapped) Write16(off uint32, v uint16) { *(*uint16)(m.at(off, 2)) = v }

//go:noinline
func (m *mapped) Write32(off uint32, v uint32) { *(*uint32)(m.at(off, 4)) = v }

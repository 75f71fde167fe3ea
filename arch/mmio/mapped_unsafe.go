package mmio

import "unsafe"

// at returns a register's address. It lies outside the Go heap, in memory that
// is never moved or freed, so forming a pointer from the number is sound;
// unsafe.Add from nil is the form that says so to vet.
func (m *Mapped) at(off uint32) *uint32 {
	return (*uint32)(unsafe.Add(unsafe.Pointer(nil), m.Base+uintptr(off)))
}

// The accessors are not inlined: a call keeps the compiler from merging,
// repeating or reordering the access, and each is one plain 32-bit load or
// store.

// Read32 implements Block.
//
//go:noinline
func (m *Mapped) Read32(off uint32) uint32 { return *m.at(off) }

// Write32 implements Block.
//
//go:noinline
func (m *Mapped) Write32(off uint32, v uint32) { *m.at(off) = v }

// FlushBytes is Flush of memory that a device reaches, which is in no Go heap: it does
// not move.
func FlushBytes(b []byte) { Flush(uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))) }

// Package dmatest is memory that a driver and a device in the same process share, for
// testing drivers on any host.
//
// It imports nothing but the standard library.
package dmatest

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// ErrExhausted is returned by Memory.Alloc when the arena is used up.
var ErrExhausted = errors.New("dmatest: device memory exhausted")

// Memory is one arena, in which a device address is an offset from a base. It implements
// the Memory interfaces of drivers and netbuf. It is safe for concurrent use; freed memory
// is not used again, so that use after free shows.
type Memory struct {
	base  uint64
	mu    sync.Mutex
	arena []byte
	next  int
	live  int
}

// New makes an arena of n bytes with device addresses from base on.
func New(n int, base uint64) *Memory {
	raw := make([]byte, n+4096)
	// Aligned to 4096 so that aligned addresses are aligned pointers. The number is used
	// for alignment only.
	off := -int(uintptr(unsafe.Pointer(unsafe.SliceData(raw)))) & 4095
	return &Memory{base: base, arena: raw[off : off+n : off+n]}
}

// Alloc returns n zeroed bytes, and their device address.
func (m *Memory) Alloc(n, align int) ([]byte, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	start := (m.next + align - 1) &^ (align - 1)
	if n <= 0 || align > 4096 || start+n > len(m.arena) {
		return nil, 0, fmt.Errorf("%w: %d of %d bytes in use, %d wanted", ErrExhausted, m.next, len(m.arena), n)
	}
	m.next = start + n
	m.live += n
	return m.arena[start : start+n : start+n], m.base + uint64(start), nil
}

// Free takes back what Alloc returned.
func (m *Memory) Free(mem []byte, addr uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live -= len(mem)
}

// Live is the number of bytes allocated and not freed.
func (m *Memory) Live() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live
}

// At returns n bytes at a device address, nil outside of the arena.
func (m *Memory) At(addr uint64, n int) []byte {
	off := addr - m.base
	if addr < m.base || off > uint64(len(m.arena)) || uint64(n) > uint64(len(m.arena))-off {
		return nil
	}
	return m.arena[off : off+uint64(n) : off+uint64(n)]
}

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

	foreign map[uint64][]byte // memory of others that Locate told of, by address
	located uint64            // where the next is to be
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

// Locate implements netbuf.Locator for any memory, of which every three pages lie together.
func (m *Memory) Locate(b []byte, pages []uint64) int {
	const page, together = 4096, 3
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.foreign == nil {
		m.foreign, m.located = map[uint64][]byte{}, m.base+1<<40
	}
	n := 0
	for offset := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) % page; len(b) > 0; offset = 0 {
		run := min(len(b), together*page-int(offset))
		m.foreign[m.located+offset] = b[:run:run]
		for i := uint64(0); i < offset+uint64(run); i += page {
			pages[n] = m.located + i
			n++
		}
		m.located += (together + 1) * page
		b = b[run:]
	}
	return n
}

// Located is how many stretches of others' memory Locate has told of.
func (m *Memory) Located() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.foreign)
}

// At returns n bytes at a device address, nil where there are none.
func (m *Memory) At(addr uint64, n int) []byte {
	if addr-m.base > uint64(len(m.arena)) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if b := m.foreign[addr]; n <= len(b) {
			return b[:n:n]
		}
		return nil
	}
	off := addr - m.base
	if addr < m.base || off > uint64(len(m.arena)) || uint64(n) > uint64(len(m.arena))-off {
		return nil
	}
	return m.arena[off : off+uint64(n) : off+uint64(n)]
}

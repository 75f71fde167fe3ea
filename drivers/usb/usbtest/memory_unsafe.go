package usbtest

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// memoryBase is where addresses start: below 1 GiB, as on the board, and nothing at 0.
const memoryBase = 0x0100_0000

// ErrExhausted is returned by Memory.Alloc when the arena is used up.
var ErrExhausted = errors.New("usbtest: device memory exhausted")

// Memory is memory that controllers reach: one arena, in which an address is an offset.
// It is safe for concurrent use; what is freed is not used again, and overwritten so
// that its use shows.
type Memory struct {
	mu    sync.Mutex
	arena []byte
	next  int
	live  int
}

// NewMemory makes an arena of n bytes.
func NewMemory(n int) *Memory {
	raw := make([]byte, n+4096)
	// So that an aligned address is an aligned pointer. The number is not used as one.
	off := -int(uintptr(unsafe.Pointer(unsafe.SliceData(raw)))) & 4095
	return &Memory{arena: raw[off : off+n : off+n]}
}

// Alloc implements usb.Memory.
func (m *Memory) Alloc(n, align int) ([]byte, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	start := (m.next + align - 1) &^ (align - 1)
	if n <= 0 || align > 4096 || start+n > len(m.arena) {
		return nil, 0, fmt.Errorf("%w: %d of %d bytes in use, %d wanted", ErrExhausted, m.next, len(m.arena), n)
	}
	m.next = start + n
	m.live += n
	return m.arena[start : start+n : start+n], memoryBase + uint64(start), nil
}

// Free implements usb.Memory.
func (m *Memory) Free(b []byte, addr uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range b {
		b[i] = 0xdb
	}
	m.live -= len(b)
}

// Live returns how many bytes are allocated.
func (m *Memory) Live() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live
}

// At returns n bytes as a device sees them, nil outside of the arena.
func (m *Memory) At(addr uint64, n int) []byte {
	off := addr - memoryBase
	if addr < memoryBase || off > uint64(len(m.arena)) || n > len(m.arena)-int(off) {
		return nil
	}
	return m.arena[off : off+uint64(n)]
}

// Package virtiotest is the other side: virtio devices in the same process, for
// testing drivers on any host. A Device has registers that can be reached
// directly (it is a virtio.Transport), as virtio-mmio or as a PCI function; its
// queues are worked from the device's side by Queue, whose methods can also lie.
// Net is a network device on top, Cable joins two.
//
// The layout of the rings is derived here from the three addresses a driver
// gives (VIRTIO 1.2, 2.7), independently of package virtio, so that a mistake
// there does not cancel out.
package virtiotest

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// memoryBase is where device addresses start: nothing at 0, more than 32 bits.
const memoryBase = 0x1_0000_0000

// ErrExhausted is returned by Memory.Alloc when the arena is used up.
var ErrExhausted = errors.New("virtiotest: device memory exhausted")

// Memory is memory shared by drivers and devices: one arena in which a device
// address is an offset. Safe for concurrent use; freed memory is not used again,
// so that use after free shows.
type Memory struct {
	mu    sync.Mutex
	arena []byte
	next  int
	live  int
}

// NewMemory makes an arena of n bytes.
func NewMemory(n int) *Memory {
	raw := make([]byte, n+4096)
	// Aligned to 4096 so that aligned addresses are aligned pointers. The
	// number is used for alignment only.
	off := -int(uintptr(unsafe.Pointer(unsafe.SliceData(raw)))) & 4095
	return &Memory{arena: raw[off : off+n : off+n]}
}

// Alloc implements virtio.Memory and netbuf.Memory.
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

// Free implements virtio.Memory and netbuf.Memory.
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

// At returns n bytes at a device address. It panics outside the arena: a driver
// that posts such an address is wrong.
func (m *Memory) At(addr uint64, n int) []byte {
	off := addr - memoryBase
	if addr < memoryBase || off > uint64(len(m.arena)) || uint64(n) > uint64(len(m.arena))-off {
		panic(fmt.Sprintf("virtiotest: driver posted %d bytes at %#x, outside its memory", n, addr))
	}
	return m.arena[off : off+uint64(n) : off+uint64(n)]
}

// word returns the aligned 32-bit word at a device address, for sync/atomic. It
// points into the arena, which lives as long as m.
func (m *Memory) word(addr uint64) *uint32 {
	if addr%4 != 0 {
		panic(fmt.Sprintf("virtiotest: word at %#x", addr))
	}
	return (*uint32)(unsafe.Pointer(unsafe.SliceData(m.At(addr, 4))))
}

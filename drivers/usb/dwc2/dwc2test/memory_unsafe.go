package dwc2test

import (
	"bytes"
	"sync"
	"unsafe"

	"yolk/drivers/usb/usbtest"
)

// lineSize is that of the processor's cache.
const lineSize = 64

// Memory is memory behind a write-back cache that the controller does not look into:
// what Alloc returns is what the cache holds, what the controller reads and writes lies
// behind it, and Flush moves between the two. A line that the processor has written is
// written back whole, also over what the controller has put there.
type Memory struct {
	*usbtest.Memory
	mu    sync.Mutex
	cache []byte // what the processor sees: the arena
	ram   []byte // what the controller sees
	clean []byte // what each line was when it was fetched
}

// base is where usbtest.Memory's addresses begin.
const base = 0x0100_0000

// NewMemory makes memory of n bytes.
func NewMemory(n int) *Memory {
	m := &Memory{Memory: usbtest.NewMemory(n)}
	m.cache = m.At(base, n)
	m.ram, m.clean = bytes.Repeat([]byte{0xee}, n), make([]byte, n)
	return m
}

// Flush is mmio.Flush: lines that the processor has written go to memory, and all are
// dropped, so that what the processor then reads comes from there.
func (m *Memory) Flush(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	start := int(uintptr(unsafe.Pointer(unsafe.SliceData(b))) - uintptr(unsafe.Pointer(unsafe.SliceData(m.cache))))
	end := start + len(b)
	for at := start &^ (lineSize - 1); at < end; at += lineSize {
		cache, ram, clean := m.cache[at:at+lineSize], m.ram[at:at+lineSize], m.clean[at:at+lineSize]
		if !bytes.Equal(cache, clean) {
			copy(ram, cache)
		}
		copy(cache, ram)
		copy(clean, ram)
	}
}

// dma returns n bytes as the controller sees them, nil where there is no memory.
func (m *Memory) dma(addr uint64, n int) []byte {
	if m.At(addr, n) == nil {
		return nil
	}
	off := int(addr - base)
	return m.ram[off : off+n]
}

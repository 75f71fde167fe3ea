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
	"fmt"
	"unsafe"

	"yolk/drivers/dmatest"
)

// memoryBase is where device addresses start: nothing at 0, more than 32 bits.
const memoryBase = 0x1_0000_0000

// ErrExhausted is returned by Memory.Alloc when the arena is used up.
var ErrExhausted = dmatest.ErrExhausted

// Memory is memory shared by drivers and devices. It implements virtio.Memory and
// netbuf.Memory.
type Memory struct{ *dmatest.Memory }

// NewMemory makes an arena of n bytes.
func NewMemory(n int) *Memory { return &Memory{dmatest.New(n, memoryBase)} }

// At returns n bytes at a device address. It panics outside the arena: a driver
// that posts such an address is wrong.
func (m *Memory) At(addr uint64, n int) []byte {
	b := m.Memory.At(addr, n)
	if b == nil {
		panic(fmt.Sprintf("virtiotest: driver posted %d bytes at %#x, outside its memory", n, addr))
	}
	return b
}

// word returns the aligned 32-bit word at a device address, for sync/atomic. It
// points into the arena, which lives as long as m.
func (m *Memory) word(addr uint64) *uint32 {
	if addr%4 != 0 {
		panic(fmt.Sprintf("virtiotest: word at %#x", addr))
	}
	return (*uint32)(unsafe.Pointer(unsafe.SliceData(m.At(addr, 4))))
}

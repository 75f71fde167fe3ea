// Package mmio is how code reaches device registers, and how it keeps order
// with a device that reads and writes memory.
//
// Drivers take a [Block], so that a test can act as the device (package
// mmiotest keeps a record of what it was asked, in order); the machine's own
// registers are a [Mapped]. All of it is safe in kernel context: nothing
// allocates, blocks or stores a pointer. Any larger register interface, such as
// drivers/virtio.Region, is a Block as well.
//
// Sources: Arm Architecture Reference Manual for A-profile (DDI 0487), B2.3
// (ordering), D7.5 (cache maintenance).
//
// It may import unsafe only.
package mmio

// A Block is a device's registers. Offsets are in bytes and multiples of four.
// Each call is exactly one access of 32 bits, in program order with the others
// to the same Block; between different devices [Barrier] makes order.
type Block interface {
	Read32(off uint32) uint32
	Write32(off uint32, v uint32)
}

// Mapped is a Block of real registers at a virtual address, mapped as device
// memory before the first access and for good. The type holds no pointer, so
// Base may be set in kernel context.
type Mapped struct{ Base uintptr }

// Barrier makes every load and store before it, to memory and to devices, take
// effect before any after it. Needed where order matters between two devices,
// or between a device and memory that it reads or writes.
func Barrier() { barrier() }

// Flush writes the cached copy of the n bytes at va to memory and drops it, so
// that a device that does not look into the caches reads what the processor
// wrote, and the processor afterwards reads what the device wrote. Call it
// before the device starts and again when it is done. What shares a cache line
// with the bytes must not be written in between: align to [LineSize].
//
// It does nothing on amd64, where devices see the caches.
func Flush(va, n uintptr) { flush(va, n) }

// LineSize is the largest cache line of the processors that Yolk runs on, in
// bytes.
const LineSize = 64

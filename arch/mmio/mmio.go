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

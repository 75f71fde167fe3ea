package virtio

import "unsafe"

// packedDesc is a descriptor of a packed ring (2.8.13). The device answers in
// the same place, so id and flags are one 32-bit word, the smallest that
// sync/atomic has: id | flags<<16.
type packedDesc struct {
	addr uint64
	len  uint32
	word uint32
}

// packedMemory is a packed ring for size n as the device sees it (2.8):
//
//	offset        bytes   what                                    written by
//	0             16 n    descriptor ring                         both
//	16 n          4       driver events: off_wrap u16, flags u16  driver
//	16 n + 64     4       device events: off_wrap u16, flags u16  device
//
// The event structures have a cache line each.
type packedMemory struct {
	desc        []packedDesc
	driverEvent *uint32
	deviceEvent *uint32
}

// Offsets of the event structures for size n.
func driverEventOffset(n int) int { return (16*n + RingAlign - 1) &^ (RingAlign - 1) }
func deviceEventOffset(n int) int { return driverEventOffset(n) + RingAlign }

// packedBytes is the memory that a packed ring of size n needs.
func packedBytes(n int) int { return deviceEventOffset(n) + RingAlign }

// The descriptor must have the size that the specification gives it.
var _ [16]byte = [unsafe.Sizeof(packedDesc{})]byte{}

// layPacked views mem, packedBytes(n) long and 16-aligned (the caller checks),
// as a ring. The views stay inside mem and keep it alive if it is on the Go heap.
func layPacked(mem []byte, n int) packedMemory {
	p := unsafe.Pointer(unsafe.SliceData(mem))
	return packedMemory{
		desc:        unsafe.Slice((*packedDesc)(p), n),
		driverEvent: (*uint32)(unsafe.Add(p, driverEventOffset(n))),
		deviceEvent: (*uint32)(unsafe.Add(p, deviceEventOffset(n))),
	}
}

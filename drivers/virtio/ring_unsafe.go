package virtio

import "unsafe"

// descriptor is an entry of the descriptor table (2.7.5).
type descriptor struct {
	addr  uint64
	len   uint32
	flags uint16
	next  uint16
}

// Descriptor flags (2.7.5).
const (
	descNext  = 1 // VIRTQ_DESC_F_NEXT: the chain goes on at next
	descWrite = 2 // VIRTQ_DESC_F_WRITE: the device writes, else it reads
)

// usedElem is an entry of the used ring (2.7.8).
type usedElem struct{ id, len uint32 }

// ring is the memory shared with the device, for size n (2.7):
//
//	offset        bytes   what                            written by
//	0             16 n    descriptor table                driver
//	16 n          4       available: flags u16, idx u16   driver
//	16 n + 4      2 n     available ring                  driver
//	18 n + 4      4       used_event u16, unused u16      driver
//	align 64      4       used: flags u16, idx u16        device
//	 + 4          8 n     used ring: id u32, len u32      device
//	 + 4 + 8 n    4       avail_event u16, unused u16     device
//
// The used part starts on its own cache line, so that the two sides' writes do
// not contend for one. Each pair flags|idx<<16 and each event field with its
// padding is accessed as one aligned 32-bit word, the smallest that sync/atomic
// has; the writer of a word owns all of it.
type ring struct {
	desc       []descriptor
	avail      *uint32
	availRing  []uint16
	usedEvent  *uint32
	used       *uint32
	usedRing   []usedElem
	availEvent *uint32
}

// Offsets of the parts for size n.
func availOffset(n int) int { return 16 * n }
func usedOffset(n int) int  { return (18*n + 8 + 63) &^ 63 }

// RingBytes is the memory a queue of size n needs, RingAlign its alignment.
func RingBytes(n int) int { return usedOffset(n) + 8 + 8*n }

// RingAlign satisfies the table in 2.7 (16 for descriptors) and cache lines.
const RingAlign = 64

// The structures must have the sizes that the specification gives them.
var (
	_ [16]byte = [unsafe.Sizeof(descriptor{})]byte{}
	_ [8]byte  = [unsafe.Sizeof(usedElem{})]byte{}
)

// layRing views mem, RingBytes(n) long and 8-aligned (the caller checks), as a
// ring. The views stay inside mem and keep it alive if it is on the Go heap.
func layRing(mem []byte, n int) ring {
	p := unsafe.Pointer(unsafe.SliceData(mem))
	a, u := unsafe.Add(p, availOffset(n)), unsafe.Add(p, usedOffset(n))
	return ring{
		desc:       unsafe.Slice((*descriptor)(p), n),
		avail:      (*uint32)(a),
		availRing:  unsafe.Slice((*uint16)(unsafe.Add(a, 4)), n),
		usedEvent:  (*uint32)(unsafe.Add(a, 4+2*n)),
		used:       (*uint32)(u),
		usedRing:   unsafe.Slice((*usedElem)(unsafe.Add(u, 4)), n),
		availEvent: (*uint32)(unsafe.Add(u, 4+8*n)),
	}
}

// aligned reports whether mem starts at a multiple of align; the address is
// looked at, not kept.
func aligned(mem []byte, align uintptr) bool {
	return uintptr(unsafe.Pointer(unsafe.SliceData(mem)))%align == 0
}

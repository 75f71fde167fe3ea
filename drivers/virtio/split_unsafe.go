package virtio

import "unsafe"

// usedElem is an entry of the used ring (2.7.8).
type usedElem struct{ id, len uint32 }

// splitMemory is a split ring for size n as the device sees it (2.7):
//
//	offset        bytes   what                            written by
//	0             16 n    descriptor table                driver
//	16 n          4       available: flags u16, idx u16   driver
//	16 n + 4      2 n     available ring                  driver
//	18 n + 4      4       used_event u16, unused u16      driver
//	align         4       used: flags u16, idx u16        device
//	 + 4          8 n     used ring: id u32, len u32      device
//	 + 4 + 8 n    4       avail_event u16, unused u16     device
//
// The used part starts on its own cache line, so that the two sides' writes do
// not contend for one; on its own page in the legacy interface, which derives
// the place (2.7.2). Each pair flags|idx<<16 and each event field with its
// padding is accessed as one aligned 32-bit word, the smallest that sync/atomic
// has; the writer of a word owns all of it.
type splitMemory struct {
	desc       []Segment
	avail      *uint32
	availRing  []uint16
	usedEvent  *uint32
	used       *uint32
	usedRing   []usedElem
	availEvent *uint32
}

// LegacyAlign is the alignment of a legacy ring and of its used part
// (2.7.2, 4.1.5.1.3: fixed for PCI; chosen alike for MMIO).
const LegacyAlign = 4096

// Offsets of the parts for size n.
func availOffset(n int) int { return 16 * n }

func usedOffset(n int, legacy bool) int {
	align := RingAlign
	if legacy {
		align = LegacyAlign
	}
	return (18*n + 8 + align - 1) &^ (align - 1)
}

// splitBytes is the memory that a split ring of size n needs.
func splitBytes(n int, legacy bool) int { return usedOffset(n, legacy) + 8 + 8*n }

// The structures must have the sizes that the specification gives them.
var (
	_ [16]byte = [unsafe.Sizeof(Segment{})]byte{}
	_ [8]byte  = [unsafe.Sizeof(usedElem{})]byte{}
)

// laySplit views mem, splitBytes(n) long and 16-aligned (the caller checks), as
// a ring. The views stay inside mem and keep it alive if it is on the Go heap.
func laySplit(mem []byte, n int, legacy bool) splitMemory {
	p := unsafe.Pointer(unsafe.SliceData(mem))
	a, u := unsafe.Add(p, availOffset(n)), unsafe.Add(p, usedOffset(n, legacy))
	return splitMemory{
		desc:       unsafe.Slice((*Segment)(p), n),
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

// splitTable views indirect table n as the descriptors it holds. The tables lie
// behind the ring in memory that is 16-aligned throughout.
func (t *tables) splitTable(n uint16) []Segment {
	at := t.mem[int(n)*tableBytes : int(n+1)*tableBytes]
	return unsafe.Slice((*Segment)(unsafe.Pointer(unsafe.SliceData(at))), IndirectMost)
}

// packedTable is splitTable for a packed ring's descriptors.
func (t *tables) packedTable(n uint16) []packedDesc {
	at := t.mem[int(n)*tableBytes : int(n+1)*tableBytes]
	return unsafe.Slice((*packedDesc)(unsafe.Pointer(unsafe.SliceData(at))), IndirectMost)
}

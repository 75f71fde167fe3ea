package netbuf

import "unsafe"

// sliceAddr returns where b starts, for alignment only: the number is never
// turned back into a pointer, so the collector need not know about it. Heap
// objects do not move.
func sliceAddr(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// A Buf is two cache lines, and what plain packets need is in the first; the
// sizes here are constants and nothing is converted.
var (
	_ [128]byte = [unsafe.Sizeof(Buf{})]byte{}
	_ [62]byte  = [unsafe.Offsetof(Buf{}.Offload)]byte{}
)

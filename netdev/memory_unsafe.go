package netdev

import "unsafe"

// sliceAddr returns where b starts, for alignment only: the number is never
// turned back into a pointer, so the collector need not know about it. Heap
// objects do not move.
func sliceAddr(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

//go:build yolk

package firmware

import "unsafe"

// address returns where b is: in memory that is direct-mapped for good, which the
// collector neither knows nor moves.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

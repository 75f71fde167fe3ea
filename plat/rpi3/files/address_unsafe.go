//go:build yolk

package files

import "unsafe"

// address returns where b is: in memory that is direct-mapped for good, which the
// collector neither knows nor moves.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

package socket

import (
	"syscall"
	"unsafe"
)

// noescape hides p from escape analysis the way the call path of package
// syscall does (a uintptr turned back in one step), so that p may lie on the
// goroutine's stack.
//
//go:nosplit
func noescape(p []byte, f func([]byte) (int, syscall.Errno)) (int, syscall.Errno) {
	x := uintptr(unsafe.Pointer(unsafe.SliceData(p)))
	return f(unsafe.Slice(*(**byte)(unsafe.Pointer(&x)), len(p)))
}

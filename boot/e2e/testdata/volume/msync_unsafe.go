package main

import (
	"syscall"
	"unsafe"
)

// msync returns when what was written to a mapping is durable. b is one's memory, which
// does not move.
func msync(b []byte) error {
	_, _, e := syscall.Syscall(syscall.SYS_MSYNC, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MS_SYNC)
	if e != 0 {
		return e
	}
	return nil
}

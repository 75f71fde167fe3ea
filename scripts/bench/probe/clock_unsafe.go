package main

import (
	"syscall"
	"unsafe"
)

const clockMonotonic = 1 // <linux/time.h>

// monotonic returns the nanoseconds since the machine's boot. Package time
// only tells differences.
func monotonic() (ns int64, err error) {
	var t syscall.Timespec
	_, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0)
	if e != 0 {
		return 0, e
	}
	return t.Nano(), nil
}

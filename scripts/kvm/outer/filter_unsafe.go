//go:build linux

package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// filter has a counter of a tracepoint count only what an expression on its fields is
// true for.
func filter(counter int, expression string) error {
	text, err := unix.BytePtrFromString(expression)
	if err != nil {
		return err
	}
	// The address is used in this one call, which keeps what it points at alive.
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(counter), unix.PERF_EVENT_IOC_SET_FILTER, uintptr(unsafe.Pointer(text)))
	if e != 0 {
		return fmt.Errorf("filter %q: %w", expression, e)
	}
	return nil
}

package socket

import (
	"syscall"
	"unsafe"
)

// ioctl serves the interface requests of netdevice(7) that programs still use.
func (s *Stack) ioctl(req uintptr, arg unsafe.Pointer) (uintptr, syscall.Errno) {
	return 0, syscall.ENOTTY
}

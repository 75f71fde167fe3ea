//go:build linux

package main

import (
	"runtime"
	"syscall"
	"unsafe"
)

// sysFinitModule are the call's numbers (Linux 6.1: syscall_64.tbl, and
// include/uapi/asm-generic/unistd.h).
var sysFinitModule = map[string]uintptr{"amd64": 313, "arm64": 273}[runtime.GOARCH]

// finitModule is finit_module(2) without parameters.
func finitModule(fd uintptr) error {
	var none byte // the empty string
	_, _, e := syscall.Syscall(sysFinitModule, fd, uintptr(unsafe.Pointer(&none)), 0)
	if e != 0 && e != syscall.EEXIST {
		return e
	}
	return nil
}

// ifreq is struct ifreq with an address or flags in its union (netdevice(7)).
type ifreq struct {
	name [16]byte
	data [24]byte
}

// interfaceRequest is an ioctl(2) of netdevice(7) on socket fd that sets data,
// at most 24 bytes, for interface name.
func interfaceRequest(fd int, request uintptr, name string, data []byte) error {
	var r ifreq
	copy(r.name[:15], name)
	copy(r.data[:], data)
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&r)))
	if e != 0 {
		return e
	}
	return nil
}

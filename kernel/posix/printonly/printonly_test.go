package printonly

import (
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/abi"
)

// TestHandle: what a program that only prints may do with which descriptor.
func TestHandle(t *testing.T) {
	text := []byte("hello")
	written := uintptr(0)
	defer func(old func(trap, a1, a2, a3 uintptr) (uintptr, uintptr, syscall.Errno)) { trap = old }(trap)
	trap = func(number, p, n, _ uintptr) (uintptr, uintptr, syscall.Errno) {
		if number != abi.SysConsoleWrite || p != uintptr(unsafe.Pointer(&text[0])) {
			t.Errorf("call %d of %#x", number, p)
		}
		written += n
		return n, 0, 0
	}
	for _, c := range []struct {
		name    string
		nr, fd  uintptr
		want    syscall.Errno
		written uintptr
	}{
		{"write", syscall.SYS_WRITE, 1, 0, 5}, {"write", syscall.SYS_WRITE, 2, 0, 5}, {"write", syscall.SYS_WRITE, 3, syscall.EBADF, 0},
		{"close", syscall.SYS_CLOSE, 0, 0, 0}, {"close", syscall.SYS_CLOSE, 3, syscall.EBADF, 0}, {"close", syscall.SYS_CLOSE, ^uintptr(0), syscall.EBADF, 0},
		{"fcntl", syscall.SYS_FCNTL, 2, 0, 0}, {"read", syscall.SYS_READ, 0, syscall.ENOSYS, 0}, {"read", syscall.SYS_READ, 3, syscall.ENOSYS, 0},
	} {
		written = 0
		n, _, e := handle(c.nr, c.fd, 0, 5, 0, 0, 0, nil, unsafe.Pointer(&text[0]), nil, nil, nil, nil)
		if e != c.want || n != c.written || written != c.written {
			t.Errorf("%s of %d: %d, %v, %d bytes; want %v, %d bytes", c.name, c.fd, n, e, written, c.want, c.written)
		}
	}
	if pollable(0) != 0 {
		t.Error("a descriptor can be waited for")
	}
}

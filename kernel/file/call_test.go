package file

import (
	"syscall"
	"testing"
	"unsafe"
)

// The tests' typed forms of the calls they make.

func cstr(s string) unsafe.Pointer {
	b := append([]byte(s), 0)
	return unsafe.Pointer(&b[0])
}

func open(t testing.TB, name string, flags int, mode uint32) (int, syscall.Errno) {
	t.Helper()
	fd, _, e := Handle(syscall.SYS_OPENAT, here, 0, uintptr(flags), uintptr(mode), 0, 0, nil, cstr(name), nil, nil, nil, nil)
	return int(fd), e
}

func read(fd int, b []byte) (int, syscall.Errno) {
	n, _, e := Handle(syscall.SYS_READ, uintptr(fd), 0, uintptr(len(b)), 0, 0, 0, nil, unsafe.Pointer(unsafe.SliceData(b)), nil, nil, nil, nil)
	return int(n), e
}

func write(fd int, b []byte) (int, syscall.Errno) {
	n, _, e := Handle(syscall.SYS_WRITE, uintptr(fd), 0, uintptr(len(b)), 0, 0, 0, nil, unsafe.Pointer(unsafe.SliceData(b)), nil, nil, nil, nil)
	return int(n), e
}

func closeFD(fd int) syscall.Errno {
	_, _, e := Handle(syscall.SYS_CLOSE, uintptr(fd), 0, 0, 0, 0, 0, nil, nil, nil, nil, nil, nil)
	return e
}

func fstat(fd int) (st syscall.Stat_t, e syscall.Errno) {
	_, _, e = Handle(syscall.SYS_FSTAT, uintptr(fd), 0, 0, 0, 0, 0, nil, unsafe.Pointer(&st), nil, nil, nil, nil)
	return st, e
}

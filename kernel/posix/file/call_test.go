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

// invoke is Handle with the pointers given where they belong.
func invoke(nr uintptr, args ...any) (uintptr, syscall.Errno) {
	var a [6]uintptr
	var p [6]unsafe.Pointer
	for k, arg := range args {
		switch v := arg.(type) {
		case int:
			a[k] = uintptr(v)
		case uintptr:
			a[k] = v
		case unsafe.Pointer:
			p[k] = v
		case string:
			p[k] = cstr(v)
		case []byte:
			p[k] = unsafe.Pointer(unsafe.SliceData(v))
		default:
			panic("invoke: argument of another type")
		}
	}
	r, _, e := Handle(nr, a[0], a[1], a[2], a[3], a[4], a[5], p[0], p[1], p[2], p[3], p[4], p[5])
	return r, e
}

// must is the result of a call that has to succeed.
func must(t testing.TB, nr uintptr, args ...any) int {
	t.Helper()
	r, e := invoke(nr, args...)
	if e != 0 {
		t.Fatalf("call %d: %v", nr, e)
	}
	return int(r)
}

// fails makes a call that has to fail with want.
func fails(t testing.TB, want syscall.Errno, nr uintptr, args ...any) {
	t.Helper()
	if r, e := invoke(nr, args...); e != want {
		t.Fatalf("call %d: %d, %v; want %v", nr, r, e, want)
	}
}

// pipes returns the ends of a new pipe, closed when the test ends.
func pipes(t testing.TB, flags int) (r, w int) {
	var fds [2]int32
	must(t, syscall.SYS_PIPE2, unsafe.Pointer(&fds), flags)
	t.Cleanup(func() { closeFD(int(fds[0])); closeFD(int(fds[1])) })
	return int(fds[0]), int(fds[1])
}

// content returns all that is in a file.
func content(t testing.TB, name string) string {
	t.Helper()
	fd, e := open(t, name, syscall.O_RDONLY, 0)
	if e != 0 {
		t.Fatal(name, e)
	}
	defer closeFD(fd)
	b := make([]byte, 10000)
	n, e := read(fd, b)
	if e != 0 {
		t.Fatal(name, e)
	}
	return string(b[:n])
}

// ptr is the pointer argument for a variable.
func ptr[T any](v *T) unsafe.Pointer { return unsafe.Pointer(v) }

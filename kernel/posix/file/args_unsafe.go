package file

import (
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
	"yolk/kernel/bootinfo"
)

// The arguments of calls, seen as Go values. Nothing is copied: the results
// are views of the caller's memory, valid while the call runs (package
// comment). Each helper takes the typed copy of a pointer argument, so the
// stack may move underneath.

// pointer is an argument that points into the caller's memory.
type pointer = unsafe.Pointer

// struct statx is 256 bytes, by statx(2).
var _ [256]byte = [unsafe.Sizeof(statx{})]byte{}

// view returns the n bytes at p.
func view(p unsafe.Pointer, n uintptr) ([]byte, syscall.Errno) {
	if n == 0 {
		return nil, 0
	}
	if p == nil || int(n) < 0 {
		return nil, syscall.EFAULT
	}
	return Bytes(p, n), 0
}

// Bytes returns the n bytes at p, nil if there are none, for who serves calls of a
// Socket. What is longer than any read or write is cut. A length that lies is the
// caller's affair, as with any system call: such a slice is not looked at as a whole.
//
//go:nocheckptr
func Bytes(p unsafe.Pointer, n uintptr) []byte {
	if p == nil || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(p), min(n, maxIO))
}

// MaxVector is the most pieces in the memory of one call (IOV_MAX).
const MaxVector = 1024

// maxIO is the most bytes one read or write moves (MAX_RW_COUNT of Linux).
const maxIO = 0x7ffff000

// text returns the string that ends with a zero at p, at most n bytes of it
// with the zero. With ENAMETOOLONG it returns those bytes.
func text(p unsafe.Pointer, n int) (string, syscall.Errno) {
	if p == nil {
		return "", syscall.EFAULT
	}
	for k := range n {
		if *(*byte)(unsafe.Add(p, k)) == 0 {
			return unsafe.String((*byte)(p), k), 0
		}
	}
	return unsafe.String((*byte)(p), n), syscall.ENAMETOOLONG
}

// path returns a path argument.
func path(p unsafe.Pointer) (string, syscall.Errno) { return text(p, pathMax) }

// emptyPath says whether a path argument is absent or empty.
func emptyPath(p unsafe.Pointer) bool { return p == nil || *(*byte)(p) == 0 }

// list returns the n values of type T at p.
func list[T any](p unsafe.Pointer, n uintptr) []T {
	if p == nil || n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(p), n)
}

// callSocket is s.SocketCall(nr, a, p) with the promise of the Socket contract
// that a and p are not kept, so that callers have them on the stack.
//
//go:noescape
//go:linkname callSocket yolk/kernel/posix/file.socketCall
func callSocket(s Socket, nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) (uintptr, syscall.Errno)

func socketCall(s Socket, nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) (uintptr, syscall.Errno) {
	return s.SocketCall(nr, a, p)
}

// result makes Handle's results of a call's.
func result(r uintptr, e syscall.Errno) (uintptr, uintptr, syscall.Errno) {
	if e != 0 {
		return ^uintptr(0), 0, e
	}
	return r, 0, 0
}

// status is result for calls that return no value.
func status(e syscall.Errno) (uintptr, uintptr, syscall.Errno) { return result(0, e) }

// count is result for calls that return a number of bytes.
func count(n int, e syscall.Errno) (uintptr, uintptr, syscall.Errno) {
	return result(uintptr(n), e)
}

func consoleTrap(p []byte) int {
	n, _, e := syscall.RawSyscall(abi.SysConsoleWrite, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

func randomTrap(p []byte, tried bool) int {
	how := uintptr(0)
	if tried {
		how = abi.RandomAnyway
	}
	n, _, e := syscall.RawSyscall(abi.SysRandom, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), how)
	if e != 0 {
		return 0
	}
	return int(n)
}

// memory returns what boot handed over: not Go memory, and never freed.
func memory(r bootinfo.Range) []byte {
	if r.Length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&r.Addr))), r.Length)
}

// getOption reads a socket option of type int.
func getOption(s Socket, level, option uintptr, value, size *int32) syscall.Errno {
	a := [6]uintptr{0, level, option}
	p := [6]pointer{3: pointer(value), 4: pointer(size)}
	_, e := callSocket(s, syscall.SYS_GETSOCKOPT, &a, &p)
	return e
}

package socket

import (
	"slices"
	"syscall"
	"unsafe"

	"yolk/kernel/posix/socket/bpf"
)

// program is struct sock_fprog. Use of unsafe: it is the caller's memory, as is what it
// leads to, which is copied before the call returns.
type program struct {
	length uint16
	code   *bpf.Instruction
}

// codeOf copies the instructions of an option's value, a struct sock_fprog.
func codeOf(b []byte) ([]bpf.Instruction, syscall.Errno) {
	if len(b) != int(unsafe.Sizeof(program{})) {
		return nil, syscall.EINVAL
	}
	p := (*program)(unsafe.Pointer(unsafe.SliceData(b)))
	switch {
	case p.length == 0 || p.length > bpf.MaxLen:
		return nil, syscall.EINVAL
	case p.code == nil:
		return nil, syscall.EFAULT
	}
	return slices.Clone(unsafe.Slice(p.code, p.length)), 0
}

// Package printonly stands in for kernel/posix/file in programs that only print: it
// serves write, close and fcntl on descriptors 0 to 2 and nothing else, which
// makes an image 190 KB smaller. The boot tool chooses it when the linked
// program contains no other file call (boot/build).
//
// It may import kernel/abi, syscall and unsafe only.
package printonly

import (
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
)

const standard = 3 // descriptors 0 to 2 exist

// trap makes the kernel's own call; a test is the kernel.
var trap = syscall.RawSyscall

// handle serves the file calls; see boot/overlay for the arguments.
//
//go:linkname handle syscall.yolkCall
func handle(nr, fd, _, n, _, _, _ uintptr, _, p, _, _, _, _ unsafe.Pointer) (r1, r2 uintptr, e syscall.Errno) {
	switch {
	case nr != syscall.SYS_WRITE && nr != syscall.SYS_CLOSE && nr != syscall.SYS_FCNTL:
		return 0, 0, syscall.ENOSYS
	case fd >= standard:
		return 0, 0, syscall.EBADF
	case nr == syscall.SYS_WRITE:
		return trap(abi.SysConsoleWrite, uintptr(p), n, 0)
	}
	return 0, 0, 0
}

// pollable tells the runtime's poller that no descriptor can be waited for.
//
//go:linkname pollable runtime.yolkPollable
func pollable(uintptr) uint32 { return 0 }

package netfunc

import (
	"runtime"
	"syscall"
	"unsafe"
)

// Pin gives the calling goroutine a thread of its own, and that a processor: number
// n of those there are, counted round. Where the host does not allow that, it runs
// where it may. The call reads the mask before it returns.
func Pin(n int) {
	runtime.LockOSThread()
	mask := uint64(1) << (n % min(runtime.NumCPU(), 64))
	syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
}

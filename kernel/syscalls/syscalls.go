// Package syscalls is the part of the Linux system-call interface that the Go
// runtime reaches with a trap: memory, threads, futexes, signals, time, exit.
// File and socket calls never come here (see kernel/posix/file).
//
// This package is the list of what Yolk relies on in the runtime; the numbers
// stand in calls_*.go and the layouts in signal_*.go, by architecture. Everything
// runs in kernel context. It may import arch and the kernel packages below it.
package syscalls

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

// errno values are returned negated, as the system call does.
const (
	errPERM  = 1
	errNOENT = 2
	errSRCH  = 3
	errIO    = 5
	errBADF  = 9
	errCHILD = 10
	errAGAIN = 11
	errNOMEM = 12
	errACCES = 13
	errFAULT = 14
	errEXIST = 17
	errNODEV = 19
	errINVAL = 22
	errNOSYS = 38
)

func fail(errno uint64) uint64 { return -errno }

// Syscall serves the trapped call in f, which is the current thread's frame.
// A call that blocks leaves another thread current; its own result is then
// written by whoever wakes it.
func Syscall(f *arch.Frame) {
	nr := f.Number()
	if nr < uint64(len(calls)) {
		if serve := calls[nr]; serve != nil {
			serve(f)
			deliverPending()
			return
		}
	}
	if nr >= abi.SysFirst && nr-abi.SysFirst < uint64(len(yolkCalls)) {
		if serve := yolkCalls[nr-abi.SysFirst]; serve != nil {
			serve(f)
			deliverPending()
			return
		}
	}
	f.Return(fail(errNOSYS))
}

// Interrupted runs after an interrupt or fault that left a thread to resume.
func Interrupted() { deliverPending() }

// user reports whether the program may access n bytes at addr. The kernel
// checks pointers before it follows them, so a bad one gives EFAULT.
func user(addr, n uint64) bool {
	if addr+n < addr {
		return false
	}
	for end := addr + n; addr < end; {
		next := mem.RegionEnd(addr)
		if next == 0 {
			return false
		}
		addr = next
	}
	return true
}

func u32(addr uint64) *uint32 { return (*uint32)(unsafe.Pointer(uintptr(addr))) }
func u64(addr uint64) *uint64 { return (*uint64)(unsafe.Pointer(uintptr(addr))) }

// Pointer turns an address of the program into a pointer.
func Pointer(addr uint64) unsafe.Pointer { return unsafe.Pointer(uintptr(addr)) }

func current() *sched.Thread { return sched.Current() }

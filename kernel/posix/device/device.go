// Package device gives drivers, which are goroutines, what only the kernel
// can: memory that a device may reach, its registers, and its interrupts. Each call is
// a trap, so it is safe beside everything else that kernel context does.
//
// It may import kernel/abi.
package device

import (
	"errors"
	"fmt"
	"math/bits"
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
)

// ErrNoMemory says that no contiguous block of RAM of the size asked for is
// left.
var ErrNoMemory = errors.New("device: out of contiguous memory")

// trap makes one of the kernel's own calls; a test is the kernel.
var trap = syscall.RawSyscall

// Memory is direct-mapped RAM: contiguous, and known to devices by its
// physical address. It implements netdev.Memory.
type Memory struct{}

// Alloc returns n zeroed bytes, aligned to their own size rounded up to a
// power of two of pages, and their physical address. It is safe for concurrent
// use.
func (Memory) Alloc(n, align int) ([]byte, uint64, error) {
	size := max(n, align, abi.PageSize)
	order := orderOf(size)
	pa, _, e := trap(abi.SysDMAAlloc, uintptr(order), 0, 0)
	if e != 0 {
		return nil, 0, fmt.Errorf("%w: %d bytes", ErrNoMemory, n)
	}
	block := unsafe.Slice((*byte)(unsafe.Pointer(abi.Direct+pa)), abi.PageSize<<order)
	return block[:n], uint64(pa), nil
}

// Free gives back what Alloc returned. No device may use it any more.
func (Memory) Free(b []byte, pa uint64) {
	trap(abi.SysDMAFree, uintptr(pa), uintptr(orderOf(cap(b))), 0)
}

// Locate tells where devices find b, which is not its own: the physical addresses of the
// pages of 4096 bytes that b lies in, one after the other, and how many they are. It is 0
// if there is no place for all, or if b is not in the Go heap. It is safe for concurrent use.
func (Memory) Locate(b []byte, pages []uint64) int {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	n := (start+uintptr(len(b))+abi.PageSize-1)/abi.PageSize - start/abi.PageSize
	if n > uintptr(len(pages)) || len(pages) < abi.FramesMost {
		return 0
	}
	got, _, e := trap(abi.SysFrames, start, n, uintptr(unsafe.Pointer(unsafe.SliceData(pages))))
	if e != 0 || got < n {
		return 0
	}
	return int(n)
}

// orderOf returns the order of the smallest block that holds n bytes.
func orderOf(n int) int { return bits.Len(uint(n-1)) - bits.Len(uint(abi.PageSize-1)) }

// Map makes n bytes of device registers at physical address pa accessible,
// uncached, for good, and returns their virtual address.
func Map(pa uint64, n uint32) (uintptr, error) {
	va, _, e := trap(abi.SysMapDevice, uintptr(pa), uintptr(n), 0)
	if e != 0 {
		return 0, fmt.Errorf("device: cannot map registers at %#x: %w", pa, e)
	}
	return va, nil
}

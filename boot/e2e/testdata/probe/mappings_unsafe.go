package main

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"unsafe"
)

// mappings maps, uses and unmaps single pages all over the address space: page
// tables for all of them together would be 4 MiB and more.
func mappings([]string) {
	far(100) // what is only taken once
	before := freeRAM()
	far(1000)
	fmt.Println("all memory is back:", freeRAM() > before-256<<10)
}

func far(n int) {
	for range n {
		hint := uintptr(rand.Uint64N(1<<46)) &^ 4095
		p, _, e := syscall.RawSyscall6(syscall.SYS_MMAP, hint, 4096, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_PRIVATE|syscall.MAP_ANON, ^uintptr(0), 0)
		if e != 0 {
			panic(e)
		}
		*(*byte)(unsafe.Pointer(p)) = 1
		syscall.RawSyscall(syscall.SYS_MUNMAP, p, 4096, 0)
	}
}

func freeRAM() int64 {
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	return int64(si.Freeram)
}

package main

import (
	"fmt"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// protect tries what memory protection must refuse: to change code and
// constants, to execute data, to map where something is, and to use the first page.
func protect([]string) {
	debug.SetPanicOnFault(true)
	code := func() { fmt.Print() }
	f := *(**uintptr)(unsafe.Pointer(&code))
	constant := unsafe.StringData("constant")
	attempt("write to code", func() { *(*byte)(unsafe.Pointer(*f)) = 0 })
	attempt("write to a constant", func() { *constant = 'C' })
	data := new([64]uintptr)
	entry := uintptr(unsafe.Pointer(data))
	value := &entry
	attempt("execution of data", func() { (*(*func())(unsafe.Pointer(&value)))() })
	attempt("mapping over the heap", func() {
		const noReplace = 0x100000 // MAP_FIXED_NOREPLACE
		heap := make([]byte, 1<<20)
		page := uintptr(unsafe.Pointer(&heap[4096])) &^ 4095
		if p, _, _ := syscall.RawSyscall6(syscall.SYS_MMAP, page, 4096, 0, syscall.MAP_PRIVATE|syscall.MAP_ANON|noReplace, ^uintptr(0), 0); p != page {
			panic("mapped elsewhere")
		}
	})
	attempt("read of address 8", func() { fmt.Print(*(*byte)(unsafe.Pointer(uintptr(8)))) })
}

func attempt(what string, f func()) {
	defer func() {
		if recover() != nil {
			fmt.Println(what, "refused")
		} else {
			fmt.Println(what, "ALLOWED")
		}
	}()
	f()
}

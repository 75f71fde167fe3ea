//go:build linux

package main

import (
	"os"
	"syscall"
	"unsafe"
)

const sysFinitModule = 313 // x86-64

// load loads a kernel module from /mod, finit_module(2).
func load(name, params string) error {
	f, err := os.Open("/mod/" + name + ".ko")
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := syscall.BytePtrFromString(params)
	if err != nil {
		return err
	}
	if _, _, e := syscall.Syscall(sysFinitModule, f.Fd(), uintptr(unsafe.Pointer(p)), 0); e != 0 && e != syscall.EEXIST {
		return e
	}
	return nil
}

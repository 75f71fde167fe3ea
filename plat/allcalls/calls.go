// Package allcalls serves every file call there is, and maps of files. The boot tool
// adds it to images whose program may make system calls of its own: it imports package
// syscall or golang.org/x/sys/unix outside the standard library.
package allcalls

import (
	"os"
	"sync"
	"syscall"

	"yolk/kernel/abi"
	"yolk/kernel/posix/device"
	"yolk/kernel/posix/file"
	"yolk/kernel/syscalls"
)

func init() {
	syscalls.ServeFiles()
	file.Full()
	file.Args = func() []string { return os.Args }
	file.WatchSignals = watchSignals
}

// signals fires when a signal comes that a signalfd is about.
var signals = sync.OnceValues(func() (device.Event, bool) {
	e, ok := device.NewEvent()
	if ok {
		go func() {
			for {
				e.Wait()
				file.SignalsCame()
			}
		}()
	}
	return e, ok
})

func watchSignals(set uint64) {
	if e, ok := signals(); ok {
		syscall.RawSyscall(abi.SysSignalWatch, uintptr(set), uintptr(e), 0)
	}
}

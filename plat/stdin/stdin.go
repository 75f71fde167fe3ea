//go:build yolk

// Package stdin leads what arrives at the machine's serial port to the
// program's standard input.
//
// It may import kernel.
package stdin

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
	"yolk/kernel/posix/device"
	"yolk/kernel/posix/file"
)

// Use makes the serial port the console's input. Call it once, from an initialiser.
// Received bytes interrupt from the first read on, so a program that reads no input
// never waits for any.
func Use() { file.ConsoleRead = new(input).read }

// endOfInput is Ctrl-D, which ends the input as it does at a terminal; the yolk
// command sends it when its own input ends.
const endOfInput = 0x04

type input struct {
	listen sync.Once
	ended  atomic.Bool
}

// read takes the input that has arrived; see file.ConsoleRead.
func (in *input) read(p []byte) int {
	switch {
	case len(p) == 0:
		return 0
	case in.ended.Load():
		return -1
	}
	in.listen.Do(func() { go tell() })
	n, _, _ := syscall.RawSyscall(abi.SysConsoleRead, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0)
	for i, c := range p[:n] {
		switch c {
		case endOfInput:
			in.ended.Store(true)
			if i == 0 {
				return -1
			}
			return i
		case '\r':
			p[i] = '\n'
		}
	}
	return int(n)
}

// tell passes on that there is input.
func tell() {
	for {
		device.Input.Wait()
		file.ConsoleReady()
	}
}

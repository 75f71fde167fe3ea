package qemu

import (
	"os"
	"syscall"
)

// debugger makes the socket for c.Debugger, if there is one, and adds QEMU's end to the
// files that it inherits. start is for when QEMU has it; what that returns waits for
// c.Debugger, when QEMU has ended.
func (c *Config) debugger(files *[]*os.File) (start func() (wait func()), err error) {
	if c.Debugger == nil {
		return func() func() { return func() {} }, nil
	}
	ours, qemus, err := socketPair(syscall.SOCK_STREAM, "debugger")
	if err != nil {
		return nil, err
	}
	c.Debug = firstFile + len(*files)
	*files = append(*files, qemus)
	return func() func() {
		qemus.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer ours.Close()
			c.Debugger(ours)
		}()
		return func() { <-done } // QEMU's end is closed
	}, nil
}

//go:build yolk

// Package files gives a virtual machine descriptors, the RAM file system and
// input from the serial port. The boot tool adds it to images whose program
// does more than print.
package files

import (
	"sync"
	"sync/atomic"

	"yolk/kernel/file"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
)

func init() { file.ConsoleRead = readConsole }

// endOfInput is Ctrl-D, which ends the input as it does at a terminal; the yolk
// command sends it when its own input ends.
const endOfInput = 0x04

var inputEnded atomic.Bool

var listen sync.Once

// readConsole takes the input that has arrived. The first call lets the serial
// port interrupt, so a program that reads no input never waits for any.
func readConsole(p []byte) int {
	listen.Do(func() {
		e, ok := irq.NewEvent()
		line, known := consoleLine()
		if !ok || !known || !e.Route(line) {
			return
		}
		klog.EnableInput()
		go func() {
			for {
				e.Wait()
				file.ConsoleReady()
			}
		}()
	})
	n := 0
	for n < len(p) && !inputEnded.Load() {
		c, ok := klog.ReadByte()
		if !ok {
			return n
		}
		switch c {
		case endOfInput:
			inputEnded.Store(true)
			continue
		case '\r':
			c = '\n'
		}
		p[n] = c
		n++
	}
	if n == 0 && len(p) > 0 {
		return -1
	}
	return n
}

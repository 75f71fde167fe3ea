//go:build yolk

// Package console leads what arrives at the machine's serial port to the
// program's standard input.
//
// It may import kernel.
package console

import (
	"sync"
	"sync/atomic"

	"yolk/kernel/file"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
)

// Use makes the serial port the console's input; line returns its interrupt. Call
// it once, from an initialiser. The port interrupts from the first read on, so a
// program that reads no input never waits for any.
func Use(line func() (line int, ok bool)) {
	in := &input{line: line}
	file.ConsoleRead = in.read
}

// endOfInput is Ctrl-D, which ends the input as it does at a terminal; the yolk
// command sends it when its own input ends.
const endOfInput = 0x04

type input struct {
	line   func() (int, bool)
	listen sync.Once
	ended  atomic.Bool
}

// read takes the input that has arrived; see file.ConsoleRead.
func (in *input) read(p []byte) int {
	in.listen.Do(in.start)
	n := 0
	for n < len(p) && !in.ended.Load() {
		c, ok := klog.ReadByte()
		if !ok {
			return n
		}
		switch c {
		case endOfInput:
			in.ended.Store(true)
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

// start lets the port interrupt. Where that is not possible, input is what is
// there when the program reads.
func (in *input) start() {
	e, ok := irq.NewEvent()
	line, known := in.line()
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
}

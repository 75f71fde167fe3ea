package klog

import "yolk/kernel/machine"

// wanted: somebody reads the console's input.
var wanted bool

// ReadInput takes what has been received, up to len(p) bytes, and returns how many
// there were. From the first call on received bytes interrupt.
func ReadInput(p []byte) (n int) {
	console := machine.This.Console()
	if console == nil {
		return 0
	}
	lines.lock.Lock()
	wanted = true
	console.Collect()
	for n < len(p) {
		c, ok := console.Get()
		if !ok {
			break
		}
		p[n] = c
		n++
	}
	console.Listen(true)
	lines.lock.Unlock()
	return n
}

// ServeInput serves the console's interrupt, and has the console interrupt from then
// on. It reports whether there was a break, and whether there is input to be read.
func ServeInput() (broken, input bool) {
	console := machine.This.Console()
	if console == nil {
		return false, false
	}
	lines.lock.Lock()
	console.Collect()
	console.Listen(wanted)
	broken, input = console.TakeBreak(), wanted && console.Waiting() > 0
	lines.lock.Unlock()
	return broken, input
}

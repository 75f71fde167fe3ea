//go:build yolk

package files

import "yolk/kernel"

// consoleLine is the interrupt of the serial port that is the console.
func consoleLine() (line int, ok bool) { return kernel.ConsoleLine() }

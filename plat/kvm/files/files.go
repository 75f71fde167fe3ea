//go:build yolk

// Package files gives a virtual machine descriptors, the RAM file system and
// input from the serial port. The boot tool adds it to images whose program
// does more than print.
package files

import "yolk/plat/stdin"

func init() { stdin.Use() }

//go:build yolk

// Package files gives the Raspberry Pi descriptors, the RAM file system with the
// board's own files (package board), and input from the serial port. The boot tool
// adds it to images whose program does more than print.
package files

import (
	_ "unsafe" // for go:linkname

	"yolk/kernel/posix/file"
	"yolk/plat/rpi3/board"
	"yolk/plat/rpi3/firmware"
	"yolk/plat/stdin"
)

func init() {
	stdin.Use()
	board.Plant(file.Tree(), firmware.Connect)
}

// seed is asked for when the kernel's random number generator has no seed. The
// board's own source is one of the kernel's, which does not start without.
//
//go:linkname seed yolk/kernel/posix/file.seedRandom
func seed() bool { return false }

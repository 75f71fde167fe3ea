//go:build yolk

// Package rpi3 is the Raspberry Pi 3 Model B, and QEMU's raspi3b. An image for it
// imports the package for its effect: the kernel boots. What else an image gets
// depends on its program:
//
//	kernel/posix/printonly  output, for a program that only prints
//	plat/rpi3/files or descriptors, the RAM file system, input, and the board's files
//	plat/rpi3/net   and sockets, with package files
//
// It may import kernel, drivers, netdev and arch.
package rpi3

import (
	_ "yolk/kernel/boot" // is where the image begins
	_ "yolk/kernel/trap" // and what it does then
	_ "yolk/plat/rpi3/machine"
)

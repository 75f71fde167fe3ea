//go:build yolk

// Package kvm is a QEMU/KVM virtual machine. On x86-64: q35 and microvm, and
// every other machine that enters by PVH with a first serial port; on arm64:
// virt, and every other that enters as Linux is, with a device tree. An image for
// it imports the package for its effect: the kernel boots. What else an
// image gets depends on its program:
//
//	kernel/posix/printonly  output, for a program that only prints
//	plat/kvm/files  or descriptors, the RAM file system, and input
//	plat/kvm/net    and the network, with package files
//	plat/kvm/netdev and the network cards for the program itself to drive
//
// It may import kernel, drivers, netdev and arch.
package kvm

import (
	_ "yolk/kernel/boot" // is where the image begins
	_ "yolk/kernel/trap" // and what it does then
	_ "yolk/plat/kvm/machine"
)

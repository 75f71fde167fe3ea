// Package amd64 is the x86-64 processor: how an image is entered, how traps
// reach the kernel and how threads are resumed, the page-table format, and the
// instructions Go cannot express. Together with arch/arm64 it holds the only
// assembler of Yolk.
//
// Everything runs in ring 0. A thread enters the kernel through SYSCALL (the
// Go runtime's own instructions; LSTAR points here), an exception or an
// interrupt. The kernel never keeps state on a stack between entries: each
// entry saves the thread's registers in its Context, runs one Go function on
// the CPU's kernel stack, and leaves by resuming whichever Context the CPU
// then names.
//
// Sources: Intel 64 and IA-32 Architectures Software Developer's Manual,
// volumes 2 and 3A (2023-12), cited as SDM with the section; Xen PVH boot
// protocol (docs/misc/pvh.pandoc); System V ABI for signal frames.
//
// It may import unsafe and sync/atomic only.
package amd64

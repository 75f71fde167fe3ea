// Package machine is the Raspberry Pi 3 Model B, and QEMU's raspi3b: a board with firmware
// that can be asked by mailbox, and that need not pass a device tree.
//
// It runs in kernel context. It may import arch and kernel.
package machine

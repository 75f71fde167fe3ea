// Package machine is a virtual machine: q35, microvm, and what else enters by PVH and has
// a PC's first serial port; on arm64 virt, and what else has a device tree and a GIC.
//
// It runs in kernel context. It may import arch and kernel.
package machine

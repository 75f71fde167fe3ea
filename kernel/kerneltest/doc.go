// Package kerneltest is a machine for tests of the boot sequence and of traps: one whose
// memory, threads, clock and log work.
//
// It may import arch, the rest of kernel, and boot/child.
package kerneltest

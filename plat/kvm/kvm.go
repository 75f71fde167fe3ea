//go:build yolk

// Package kvm is a QEMU/KVM virtual machine on x86-64: q35 and microvm, and
// every other machine that enters by PVH with a first serial port. An image
// for it imports the package for its effects; package net beside it adds the
// network, which only programs that use one carry.
//
// It may import kernel, drivers, netdev and arch.
package kvm

import (
	"sync"

	_ "yolk/kernel" // boots
	"yolk/kernel/file"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
)

// serialGSI is the first serial port's interrupt line, on every PC.
const serialGSI = 4

func init() { file.ConsoleRead = readConsole }

var listen sync.Once

// readConsole takes the input that has arrived. The first call lets the serial
// port interrupt, so a program that reads no input never waits for any.
func readConsole(p []byte) int {
	listen.Do(func() {
		e, vector, ok := irq.NewEvent()
		if !ok {
			return
		}
		irq.Route(serialGSI, vector)
		klog.EnableInput()
		go func() {
			for {
				e.Wait()
				file.ConsoleReady()
			}
		}()
	})
	n := 0
	for n < len(p) {
		c, ok := klog.ReadByte()
		if !ok {
			break
		}
		if c == '\r' {
			c = '\n'
		}
		p[n] = c
		n++
	}
	return n
}

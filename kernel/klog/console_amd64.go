package klog

import (
	"yolk/arch/amd64"
	"yolk/kernel/chip/uart"
)

// console is COM1. The initialiser keeps it in the data segment, where it is usable
// before BSS is mapped.
var console = uart.Port{Kind: uart.NS16550, Regs: ports{}}

// ports are the registers of COM1, four bytes apart.
type ports struct{}

const com1 = 0x3f8

func (ports) Read32(off uint32) uint32     { return uint32(amd64.In8(uint16(com1 + off/4))) }
func (ports) Write32(off uint32, v uint32) { amd64.Out8(uint16(com1+off/4), uint8(v)) }

// InitConsole sets the modem lines and allows the UART to interrupt.
func InitConsole() { console.Init(0, 0) }

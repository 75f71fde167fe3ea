package klog

import "github.com/usbarmory/tamago/soc/intel/uart"

// console is COM1. The non-zero Index keeps it in the data segment, where it
// is usable before BSS is mapped.
var console = uart.UART{Index: 1, Base: 0x3f8, DTR: true, RTS: true}

// InitConsole sets the modem lines and allows the UART to interrupt.
func InitConsole() { console.Init() }

// EnableInput makes the console interrupt when input arrives.
//
//yolk:goroutine
func EnableInput() { console.EnableInterrupt(make(chan bool)) }

// ReadByte takes a received byte, if there is one.
func ReadByte() (byte, bool) { return console.Rx(false) }

func transmit(c byte) { console.Tx(c) }

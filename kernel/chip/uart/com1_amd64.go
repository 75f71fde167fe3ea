package uart

import "yolk/arch/amd64"

// COM1 are the registers of a PC's first serial port, four bytes apart.
type COM1 struct{}

const com1 = 0x3f8

func (COM1) Read32(off uint32) uint32     { return uint32(amd64.In8(uint16(com1 + off/4))) }
func (COM1) Write32(off uint32, v uint32) { amd64.Out8(uint16(com1+off/4), uint8(v)) }

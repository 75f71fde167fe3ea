package main

import (
	"encoding/binary"
	"os"
)

// floorMarker is what the floor prints.
const floorMarker = "floor"

// floorBase is where the floor is loaded and runs.
const floorBase = 0x100000

// multibootMagic and multibootPlain (the header carries the load addresses) are
// from the Multiboot specification 0.6.96, 3.1.1 and 3.1.2.
const (
	multibootMagic = 0x1badb002
	multibootPlain = 1 << 16
)

// floor returns the smallest useful guest: a multiboot image that prints a line
// on COM1 and ends the emulator. What it takes is what the emulator and its
// firmware take; nothing booted by -kernel on the same machine can be faster.
//
//	+0x00  Multiboot header, 32 bytes
//	+0x20  code
//	       text
func floor() []byte {
	le := binary.LittleEndian
	const header = 32
	b := le.AppendUint32(nil, multibootMagic)
	b = le.AppendUint32(b, multibootPlain)
	sum := uint32(multibootMagic + multibootPlain)
	b = le.AppendUint32(b, -sum)
	for _, v := range []uint32{floorBase, floorBase, 0, 0, floorBase + header} {
		b = le.AppendUint32(b, v) // header, load, load end, BSS end, entry
	}
	text := floorMarker + "\r\n"
	code := []byte{
		0x66, 0xba, 0xf8, 0x03, // mov $0x3f8, %dx
		0xbe, 0, 0, 0, 0, // mov $text, %esi
		0xb9, 0, 0, 0, 0, // mov $len, %ecx
		0xfc, 0xf3, 0x6e, // cld; rep outsb
		0x31, 0xc0, // xor %eax, %eax
		0x66, 0xba, 0xf4, 0x00, 0xef, // mov $0xf4, %dx; out %eax, %dx
		0xf4, 0xeb, 0xfd, // 1: hlt; jmp 1b
	}
	le.PutUint32(code[5:], uint32(floorBase+header+len(code)))
	le.PutUint32(code[10:], uint32(len(text)))
	b = append(b, code...)
	return append(b, text...)
}

// writeFloor writes the floor's image to a file.
func writeFloor(name string) error { return os.WriteFile(name, floor(), 0o644) }

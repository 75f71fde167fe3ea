package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
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

// pl011 is where each arm64 machine has its serial port: QEMU's virt, and
// BCM2835 ARM Peripherals, 13.4, as the 2837 maps it.
var pl011 = map[string]uint32{"virt": 0x0900_0000, "raspi3b": 0x3f20_1000}

// floorArm returns the same for arm64: a raw image, entered at its first
// instruction, that prints a line on a PL011, which the emulator lets transmit
// without being set up.
func floorArm(uart uint32) []byte {
	var b []byte
	for _, insn := range []uint32{
		0xd2a0_0001 | uart>>16<<5,    // movz x1, #high, lsl #16
		0xf280_0001 | uart&0xffff<<5, // movk x1, #low
		0x1000_0002 | (7*4)>>2<<5,    // adr x2, text: 7 instructions on
		0x3840_1440,                  // 1: ldrb w0, [x2], #1
		0x3400_0060,                  // cbz w0, 2f
		0xb900_0020,                  // str w0, [x1]
		0x17ff_fffd,                  // b 1b
		0xd503_207f,                  // 2: wfi
		0x17ff_ffff,                  // b 2b
	} {
		b = binary.LittleEndian.AppendUint32(b, insn)
	}
	return append(b, floorMarker+"\r\n\x00"...)
}

// floorX86 returns the smallest useful guest: a multiboot image that prints a line
// on COM1 and ends the emulator. What it takes is what the emulator and its
// firmware take; nothing booted by -kernel on the same machine can be faster.
//
//	+0x00  Multiboot header, 32 bytes
//	+0x20  code
//	       text
func floorX86() []byte {
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

// floor writes a machine's floor and returns the file.
func (b *bench) floor(machine string) (string, error) {
	image := floorX86()
	if uart, arm := pl011[machine]; arm {
		image = floorArm(uart)
	}
	name := filepath.Join(b.work, fmt.Sprintf("floor-%s.bin", machine))
	return name, os.WriteFile(name, image, 0o644)
}

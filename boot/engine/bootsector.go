package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"yolk/boot/image"
	"yolk/kernel/abi"
)

// The boot sector, for a PC's BIOS: it reads the image from its file, which is in one
// piece, to where it belongs, asks the BIOS what memory there is, and enters the image as a
// loader that speaks PVH. Sources: BIOS Boot Specification 1.01, 6.5.1; Phoenix, "Enhanced
// Disk Drive Specification" 3.0 (INT 13h, 42h); IBM, "PS/2 and PC BIOS Interface" (INT 15h,
// 87h); ACPI specification 6.5, 15.1 (INT 15h, E820h); Xen docs/misc/pvh.pandoc.
//
// What the code uses beside itself, from 0x7c00 on:
const (
	sectorAt    = 0x7c00
	infoAt      = 0x7cd0 // struct hvm_start_info
	packetAt    = 0x7d08 // of INT 13h: what to read
	moveAt      = 0x7d18 // of INT 15h: a GDT with source and destination
	gdtAt       = 0x7d48
	gdtrAt      = 0x7d60
	turnsAt     = 0x7d66 // how often there is something to read
	tableAt     = 0x7db8 // from here on the sector is the partition table's
	rangesAt    = 0x1000 // what memory there is, of 24 bytes each as PVH has them
	bufferAt    = 0x10000
	turn        = 32 << 10 // bytes read at once
	enterOffset = 0xa5     // of the address in the code
)

// bootCode is the code: an instruction's bytes, and itself, as disassemblers write it. A
// test holds the one against the other.
var bootCode = [][2]string{
	{"fa", "cli"},
	{"31c0", "xor ax, ax"},
	{"8ed8", "mov ds, ax"},
	{"8ec0", "mov es, ax"},
	{"8ed0", "mov ss, ax"},
	{"bc007c", "mov sp, 0x7c00"},
	{"fb", "sti"},
	{"fc", "cld"},
	{"b80124", "mov ax, 0x2401"}, // let addresses have their bit 20
	{"cd15", "int 0x15"},
	// 0x7c13: read to the buffer; the BIOS left the drive in dl
	{"be087d", "mov si, 0x7d08"},
	{"b442", "mov ah, 0x42"},
	{"cd13", "int 0x13"},
	{"7265", "jb 0x7c81"},
	// and move it to where it belongs
	{"be187d", "mov si, 0x7d18"},
	{"b90040", "mov cx, 0x4000"}, // words
	{"b487", "mov ah, 0x87"},
	{"cd15", "int 0x15"},
	{"7259", "jb 0x7c81"},
	{"668306107d40", "add dword ptr [0x7d10], 0x40"},
	{"8106327d0080", "add word ptr [0x7d32], -0x8000"}, // bits 0-15 of the destination
	{"730a", "jnb 0x7c40"},
	{"fe06347d", "inc byte ptr [0x7d34]"},
	{"7504", "jnz 0x7c40"},
	{"fe06377d", "inc byte ptr [0x7d37]"}, // bits 24-31
	{"ff0e667d", "dec word ptr [0x7d66]"},
	{"75cd", "jnz 0x7c13"},
	// ranges of memory
	{"6631db", "xor ebx, ebx"},
	{"bf0010", "mov di, 0x1000"},
	{"66b820e80000", "mov eax, 0xe820"}, // 0x7c4c
	{"66ba50414d53", "mov edx, 0x534d4150"},
	{"66b914000000", "mov ecx, 0x14"},
	{"cd15", "int 0x15"},
	{"720c", "jb 0x7c6e"}, // there are no more
	{"83c718", "add di, 0x18"},
	{"ff06007d", "inc word ptr [0x7d00]"},
	{"6685db", "test ebx, ebx"},
	{"75de", "jnz 0x7c4c"},
	// 0x7c6e: on to 32-bit mode
	{"fa", "cli"},
	{"0f0116607d", "lgdt ptr [0x7d60]"},
	{"0f20c0", "mov eax, cr0"},
	{"0c01", "or al, 0x1"},
	{"0f22c0", "mov cr0, eax"},
	{"ea957c0800", "jmp far 0x7c95, 0x8"},
	// 0x7c81: say what failed
	{"beab7c", "mov si, 0x7cab"},
	{"ac", "lodsb byte ptr [si]"},
	{"84c0", "test al, al"},
	{"7409", "jz 0x7c92"},
	{"b40e", "mov ah, 0xe"},
	{"bb0700", "mov bx, 0x7"},
	{"cd10", "int 0x10"},
	{"ebf2", "jmp 0x7c84"},
	{"f4", "hlt"},
	{"ebfd", "jmp 0x7c92"},
	// 0x7c95: in 32-bit mode
	{"66b81000", "mov ax, 0x10"},
	{"8ed8", "mov ds, ax"},
	{"8ec0", "mov es, ax"},
	{"8ed0", "mov ss, ax"},
	{"bbd07c0000", "mov ebx, 0x7cd0"},
	{"b800000000", "mov eax, 0x0"}, // becomes the image's entry
	{"ffe0", "jmp eax"},
}

const bootComplaint = "yolk: cannot read the disk\x00"

// ErrBootSector is that of a disk that cannot have one.
var ErrBootSector = errors.New("no boot sector can be made for the image")

// bootSector returns what is before the partition table, for an application that begins
// at a sector of the disk.
func bootSector(application []byte, sector int64) ([]byte, error) {
	enter := image.Enter(application)
	size := int64(len(application)) - image.PageSize
	turns := (size + turn - 1) / turn
	if enter == 0 || turns > 0xffff {
		return nil, fmt.Errorf("%w: %d bytes, entry %#x", ErrBootSector, len(application), enter)
	}
	b := make([]byte, tableAt-sectorAt)
	n := 0
	for _, i := range bootCode {
		k, err := hex.Decode(b[n:], []byte(i[0]))
		if err != nil {
			return nil, err
		}
		n += k
	}
	copy(b[n:], bootComplaint)
	put := func(at int, words ...any) {
		for _, w := range words {
			k, _ := binary.Encode(b[at-sectorAt:], binary.LittleEndian, w)
			at += k
		}
	}
	put(sectorAt+enterOffset, enter)
	put(infoAt, uint32(0x336ec578), uint32(1), uint64(0), uint64(0), uint64(0), uint64(0), uint64(rangesAt))
	put(packetAt, uint16(16), uint16(turn/512), uint16(0), uint16(bufferAt>>4), uint64(sector+image.PageSize/512))
	put(moveAt+16, segment(bufferAt), segment(abi.BaseAMD64))
	put(gdtAt, uint64(0), uint64(0x00cf9a000000ffff), uint64(0x00cf92000000ffff))
	put(gdtrAt, uint16(23), uint32(gdtAt))
	put(turnsAt, uint16(turns))
	return b, nil
}

// segment is a descriptor of 64 KiB of data (SDM 3A 3.4.5).
func segment(base uint32) uint64 {
	return uint64(base>>24)<<56 | 0x93<<40 | uint64(base&0xffffff)<<16 | 0xffff
}

// findFile returns the sector of disk where a file of those contents begins, in one piece.
func findFile(disk io.ReaderAt, contents []byte) (sector int64, err error) {
	var first [512]byte
	for ; ; sector++ {
		if _, err := disk.ReadAt(first[:], sector*512); err != nil {
			return 0, fmt.Errorf("%w: its file is in several pieces: %w", ErrBootSector, err)
		}
		if !bytes.Equal(first[:], contents[:512]) {
			continue
		}
		all := make([]byte, len(contents))
		if _, err := disk.ReadAt(all, sector*512); err == nil && bytes.Equal(all, contents) {
			return sector, nil
		}
	}
}

// addBootSector makes a disk with the application on it one that a BIOS starts.
func addBootSector(disk *os.File, application []byte) error {
	at, err := findFile(disk, application)
	if err != nil {
		return err
	}
	code, err := bootSector(application, at)
	if err != nil {
		return err
	}
	_, err = disk.WriteAt(code, 0)
	return err
}

package boot

import (
	"unsafe"

	"yolk/arch"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

// imageInfo is what the image writer (boot/image) tells the kernel; it finds
// the variable by its symbol. The magic number keeps it in the data segment.
// The command line of an image that no loader gives one, a C string, follows the archive.
var imageInfo = struct {
	magic, archive, archiveLen, lineLen uint64
}{magic: 0x594f4c4b494d4732}

// segment is one PT_LOAD of the image.
type segment struct {
	start, fileEnd, memEnd uint64
	prot                   mem.Prot
}

// elfSegment has the fields of Elf64_Phdr (System V gABI, chapter 5) that matter.
// Package debug/elf would do, but costs every image 150 KB.
type elfSegment struct {
	kind, flags      uint32
	_, vaddr, _      uint64
	filesz, memsz, _ uint64
}

const (
	elfNull  = 0
	elfLoad  = 1
	elfExec  = 1
	elfWrite = 2

	elfHeaderSize = 64
	maxSegments   = 16 // the linker makes half of that
)

var _ [56]byte = [unsafe.Sizeof(elfSegment{})]byte{}

// segments reads the image's own program headers, which follow the file header;
// zeros follow them. The file header itself is not looked at: on arm64 the
// loader's is in its place.
func segments(out *[4]segment) int {
	n := 0
	for i := uintptr(0); i < maxSegments && n < len(out); i++ {
		p := (*elfSegment)(unsafe.Pointer(imageBase + elfHeaderSize + i*unsafe.Sizeof(elfSegment{})))
		if p.kind == elfNull {
			break
		}
		if p.kind != elfLoad {
			continue
		}
		prot := mem.ProtRead
		if p.flags&elfWrite != 0 {
			prot |= mem.ProtWrite
		}
		if p.flags&elfExec != 0 {
			prot |= mem.ProtExec
		}
		out[n] = segment{p.vaddr, p.vaddr + p.filesz, p.vaddr + p.memsz, prot}
		n++
	}
	return n
}

// imageEnd returns the physical address where the loaded image ends, archive and
// command line included.
func imageEnd(s []segment) uint64 {
	end := imageInfo.archive + imageInfo.archiveLen + imageInfo.lineLen
	for i := range s {
		end = max(end, s[i].fileEnd)
	}
	return arch.ImagePhys(end)
}

// mapImage maps the segments in place and reserves their zero part.
func mapImage(s []segment) bool {
	for i := range s {
		g := &s[i]
		if !mem.MapImage(g.start, g.fileEnd, g.prot) {
			return false
		}
		page := (g.fileEnd + mem.PageSize - 1) &^ (mem.PageSize - 1)
		if g.memEnd == g.fileEnd {
			continue
		}
		clear(mem.Bytes(mem.Addr(arch.ImagePhys(g.fileEnd)), page-g.fileEnd))
		if g.memEnd > page && !mem.Reserve(page, g.memEnd-page) {
			return false
		}
	}
	return true
}

// archive returns where the files packed into the image are: a cpio archive in
// the newc format, never freed or changed.
func archive() (addr, length uintptr) {
	if imageInfo.archiveLen == 0 {
		return 0, 0
	}
	return mem.Addr(arch.ImagePhys(imageInfo.archive)), uintptr(imageInfo.archiveLen)
}

// ownLine makes the image's own command line the loader's, if the loader has none.
func ownLine(l *machine.Loader) {
	if imageInfo.lineLen > 0 && (l.CommandLine == 0 || *(*byte)(unsafe.Pointer(mem.Addr(l.CommandLine))) == 0) {
		l.CommandLine = arch.ImagePhys(imageInfo.archive + imageInfo.archiveLen)
	}
}

package kernel

import (
	"unsafe"

	"yolk/kernel/mem"
)

// imageInfo is what the image writer (boot/image) tells the kernel; it finds
// the variable by its symbol. The magic number keeps it in the data segment.
var imageInfo = struct {
	magic, archive, archiveLen uint64
}{magic: 0x594f4c4b494d4731}

// imageBase is where the linker put the image: the -T address less one page,
// which holds the ELF header and program headers that describe the rest.
const imageBase = 0x100000

// segment is one PT_LOAD of the image.
type segment struct {
	start, fileEnd, memEnd uint64
	prot                   mem.Prot
}

// The fields of Elf64_Ehdr and Elf64_Phdr that matter (System V gABI, chapters
// 4 and 5). Package debug/elf would do, but costs every image 150 KB.
type elfHeader struct {
	_     [32]byte
	phoff uint64
	_     [16]byte
	phnum uint16
	_     [6]byte
}

type elfSegment struct {
	kind, flags      uint32
	_, vaddr, _      uint64
	filesz, memsz, _ uint64
}

const (
	elfLoad  = 1
	elfExec  = 1
	elfWrite = 2
)

var (
	_ [64]byte = [unsafe.Sizeof(elfHeader{})]byte{}
	_ [56]byte = [unsafe.Sizeof(elfSegment{})]byte{}
)

// segments reads the image's own program headers.
func segments(out *[4]segment) int {
	h := (*elfHeader)(unsafe.Pointer(uintptr(imageBase)))
	n := 0
	for i := uintptr(0); i < uintptr(h.phnum) && n < len(out); i++ {
		p := (*elfSegment)(unsafe.Pointer(imageBase + uintptr(h.phoff) + i*unsafe.Sizeof(elfSegment{})))
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

// imageEnd returns where the loaded image ends, archive included.
func imageEnd(s []segment) uint64 {
	end := imageInfo.archive + imageInfo.archiveLen
	for i := range s {
		end = max(end, s[i].fileEnd)
	}
	return end
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
		clear(mem.Bytes(mem.Addr(g.fileEnd), page-g.fileEnd))
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
	return mem.Addr(imageInfo.archive), uintptr(imageInfo.archiveLen)
}

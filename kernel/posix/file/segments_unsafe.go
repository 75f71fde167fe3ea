package file

import (
	"unsafe"

	"yolk/kernel/abi"
)

// ownSegments are the image's, off its program headers, which are loaded with it: zeros
// follow them (System V gABI, chapter 5).
func ownSegments() (parts []abi.Region) {
	const (
		headers = 64 // behind the file header
		load    = 1
	)
	type header struct {
		kind, flags         uint32
		offset, vaddr, _    uint64
		fileSize, memory, _ uint64
	}
	for p := (*header)(unsafe.Pointer(uintptr(imageBase + headers))); p.kind != 0; p = (*header)(unsafe.Add(unsafe.Pointer(p), unsafe.Sizeof(*p))) {
		if p.kind != load {
			continue
		}
		prot := uint64(p.flags>>2&1 | p.flags&2 | p.flags&1<<2) // R 4, W 2, X 1 there, the reverse in mmap
		end := (p.vaddr + p.fileSize + abi.PageSize - 1) &^ (abi.PageSize - 1)
		parts = append(parts, abi.Region{Start: p.vaddr &^ (abi.PageSize - 1), End: end, First: p.offset / abi.PageSize, Prot: prot})
	}
	return parts
}

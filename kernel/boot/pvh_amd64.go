package boot

import (
	"unsafe"

	"yolk/kernel/mem"
)

// startInfo is struct hvm_start_info, version 1 (Xen PVH boot protocol).
type startInfo struct {
	magic      uint32
	version    uint32
	flags      uint32
	modules    uint32
	moduleList uint64
	cmdline    uint64
	rsdp       uint64
	memmap     uint64
	memmapLen  uint32
	_          uint32
}

const startMagic = 0x336ec578

// pvhRange is struct hvm_memmap_table_entry; types are those of e820.
type pvhRange struct {
	memRange
	kind uint32
	_    uint32
}

const pvhRAM = 1

// readStartInfo copies the memory map and finds the command line. It returns
// false for a loader that does not speak PVH with a memory map.
func readStartInfo(pa uintptr, l *loader) bool {
	s := (*startInfo)(unsafe.Pointer(mem.Addr(uint64(pa))))
	if s.magic != startMagic || s.version < 1 || s.memmap == 0 {
		return false
	}
	l.firm, l.cmdline = s.rsdp, s.cmdline
	for i := uint64(0); i < uint64(s.memmapLen) && l.n < len(l.ram); i++ {
		r := (*pvhRange)(unsafe.Pointer(mem.Addr(s.memmap) + uintptr(i)*unsafe.Sizeof(pvhRange{})))
		if r.kind == pvhRAM && r.size >= mem.PageSize {
			l.ram[l.n] = r.memRange
			l.n++
		}
	}
	return l.n > 0
}

package boot

import (
	"unsafe"

	"yolk/kernel/machine"
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
	machine.Range
	kind uint32
	_    uint32
}

const pvhRAM = 1

const noMap = "the loader gave no PVH memory map"

// ReadStartInfo notes in machine.Loaded what a loader says that speaks PVH: where RAM,
// command line and ACPI's tables are. It returns what is wrong, or "".
func ReadStartInfo(pa uintptr) (why string) {
	l := &machine.Loaded
	s := (*startInfo)(unsafe.Pointer(mem.Addr(uint64(pa))))
	if s.magic != startMagic || s.version < 1 || s.memmap == 0 {
		return noMap
	}
	l.Firmware, l.CommandLine = s.rsdp, s.cmdline
	for i := uint64(0); i < uint64(s.memmapLen) && l.N < len(l.RAM); i++ {
		r := (*pvhRange)(unsafe.Pointer(mem.Addr(s.memmap) + uintptr(i)*unsafe.Sizeof(pvhRange{})))
		if r.kind == pvhRAM && r.Size >= mem.PageSize {
			l.RAM[l.N] = r.Range
			l.N++
		}
	}
	if l.N == 0 {
		return noMap
	}
	return ""
}

package efi

import "unsafe"

// reach is what 32-bit code can address, which moves the image.
const reach = 1 << 32

// takes returns what the image may have of memory that is the firmware's: where it belongs,
// what is kept for after a sleep, which no image enters. QEMU's firmware has that 7 MiB above
// where images begin.
func (m *image) takes(d *descriptor) (from, to uint64) {
	if d.kind != sleepData {
		return 0, 0
	}
	return max(d.start, m.home), min(d.end(), m.end())
}

// place: the image's home is where it is linked, and physical.
func (m *image) place(free *ram) bool { return free.holds(m.home, m.end()) }

// low is a page below 448 KiB, where a loader that speaks PVH leaves what it says to the
// kernel; above are the kernel's own first tables. The layout is entry_amd64.s's as well.
type low struct {
	code   [128]byte // runs while the image is moved
	gdt    [3]uint64
	_      [6]byte
	limit  uint16 // of the GDT, and its address: what LGDT takes
	base   uint64
	_      [344]byte // a stack
	info   startInfo
	_      [8]byte
	memmap [64]pvhRange
}

const lowLimit = 0x70000

var (
	_ [158]byte = [unsafe.Offsetof(low{}.limit)]byte{}
	_ [512]byte = [unsafe.Offsetof(low{}.info)]byte{}
	_ [576]byte = [unsafe.Offsetof(low{}.memmap)]byte{}

	_ [pageSize - unsafe.Sizeof(low{})]byte
)

// startInfo is struct hvm_start_info, and pvhRange struct hvm_memmap_table_entry.
type startInfo struct {
	magic, version, flags, modules    uint32
	moduleList, cmdline, rsdp, memmap uint64
	ranges, _                         uint32
}

type pvhRange struct {
	start, size uint64
	kind, _     uint32
}

const (
	startMagic = 0x336ec578
	kindRAM    = 1
)

// prepare finds ACPI's tables.
func (f *firmware) prepare(m *image) (l *low, why string) {
	acpi := f.system.find(guid{acpiLow, acpiHigh})
	if acpi == 0 {
		return nil, "the firmware has no ACPI tables"
	}
	at, ok := f.reserve(pageSize, pageSize, lowLimit)
	if !ok {
		return nil, "no memory below 448 KiB"
	}
	l = (*low)(unsafe.Pointer(at))
	l.gdt[0], l.gdt[1], l.gdt[2] = 0, 0x00cf9a000000ffff, 0x00cf92000000ffff // code and data, 32-bit
	l.limit, l.base = uint16(unsafe.Sizeof(l.gdt)-1), uint64(at)+uint64(unsafe.Offsetof(l.gdt))
	l.info = startInfo{magic: startMagic, version: 1, rsdp: uint64(acpi), memmap: uint64(at) + uint64(unsafe.Offsetof(l.memmap))}
	return l, ""
}

// leave moves the image home and enters it.
func (l *low) leave(m *image, free *ram) {
	for i := range free.n {
		r := &free.r[i]
		l.memmap[i] = pvhRange{start: r.start, size: r.end - r.start, kind: kindRAM}
	}
	l.info.ranges = uint32(free.n)
	move(l, m.base, uintptr(m.home), uintptr(m.size/4), uintptr(m.home)+m.enter)
}

// move leaves 64-bit mode, moves words of 32 bits and jumps to enter.
func move(l *low, from, to, words, enter uintptr)

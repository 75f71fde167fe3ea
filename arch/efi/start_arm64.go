package efi

import "unsafe"

const (
	reach = 1 << 63 // memory is moved at 64-bit addresses

	gib = 1 << 30
	// tables is what the kernel's first page tables and stack have below the image
	// (arch/arm64).
	tables = 0x10000
)

// takes returns what the image may have of memory that is the firmware's: on arm64 no image
// calls it again, sleeps, or reads ACPI's tables, and RAM is what the device tree says. QEMU's
// firmware has all that a few MiB above where images begin.
func (m *image) takes(d *descriptor) (from, to uint64) {
	switch d.kind {
	case runtimeCode, runtimeData, acpiTables, sleepData:
		return d.start, d.end()
	}
	return 0, 0
}

// place: an image is linked for its offset from any GiB of RAM, 4 GiB higher. It takes
// the first GiB with room.
func (m *image) place(free *ram) bool {
	offset := m.home % gib
	for i := range free.n {
		m.home = free.r[i].start&^(gib-1) + offset
		if m.home >= gib && free.holds(m.home-tables, m.end()) {
			return true
		}
	}
	return false
}

// tree is the address of the device tree.
type tree uintptr

// prepare copies the device tree to where the kernel can read it: into the GiB of the
// image. Firmware that has ACPI's tables hides it. QEMU's is at the beginning of RAM all
// the same, where edk2 found it.
func (f *firmware) prepare(m *image) (t tree, why string) {
	from := f.system.find(guid{treeLow, treeHigh})
	if from == 0 {
		from = uintptr(m.home &^ (gib - 1))
	}
	if bigEndian(from) != treeMagic {
		return 0, "the firmware has no device tree, and ACPI is not enough on arm64 (QEMU's acpi=off)"
	}
	size := uint64(bigEndian(from + 4))
	to, ok := f.reserve(size, m.end(), m.home&^(gib-1)+gib)
	if !ok {
		return 0, "too little memory for the device tree"
	}
	for i := uintptr(0); i < uintptr(size); i += 8 { // whole pages at both ends
		*(*uint64)(unsafe.Pointer(to + i)) = *(*uint64)(unsafe.Pointer(from + i))
	}
	return tree(to), ""
}

const treeMagic = 0xd00dfeed // Devicetree Specification 0.4, 5.2

// bigEndian reads a word of the tree's header.
func bigEndian(at uintptr) (v uint32) {
	for i := range uintptr(4) {
		v = v<<8 | uint32(*(*byte)(unsafe.Pointer(at + i)))
	}
	return v
}

// leave moves the image home and enters it.
func (t tree) leave(m *image, _ *ram) {
	move(uintptr(t), m.base, uintptr(m.home), uintptr(m.size), uintptr(m.home)+m.enter)
}

// move turns the MMU off, moves bytes, a multiple of 16, and jumps to enter, with tree in
// R0. It goes on in the copy at from: where it was itself may be written over.
func move(tree, from, to, bytes, enter uintptr)

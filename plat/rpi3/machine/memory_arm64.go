package machine

import (
	"unsafe"

	"yolk/arch/arm64"
	"yolk/kernel/boot"
	"yolk/kernel/chip/bcm2837"
	boardtree "yolk/kernel/chip/bcm2837/tree"
	"yolk/kernel/firmware/atags"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

// openTree opens the device tree that the loader has given, or the one that the image
// brings along.
func openTree(pa uint64) (t fdt.Tree, given bool, code fdt.Code) {
	if given = isTree(pa); !given {
		pa = builtinTree()
		readTags()
	}
	t, code = boot.ReadTree(pa)
	return t, given, code
}

// isTree tells whether there is a device tree at physical address pa, good or
// bad.
func isTree(pa uint64) bool {
	if pa == 0 || !boot.Mapped(pa, fdt.HeaderSize) {
		return false
	}
	_, code := fdt.Size(mem.Bytes(mem.Addr(pa), fdt.HeaderSize))
	return code != fdt.ErrMagic
}

// builtinTree returns the physical address of the device tree that the image
// brings along. It is opened in place.
func builtinTree() uint64 {
	return arm64.ImagePhys(uint64(uintptr(unsafe.Pointer(unsafe.StringData(boardtree.Blob)))))
}

// The list of tags that the firmware leaves when it passes no device tree.
const (
	tagsBase = 0x100
	tagsMax  = 0x4000 - tagsBase
)

// tags returns that list.
func tags() (atags.List, bool) {
	return atags.Open(mem.Bytes(mem.Addr(tagsBase), tagsMax))
}

// readTags finds the command line of a loader that passed no device tree.
func readTags() {
	list, _ := tags()
	if line, ok := list.CommandLine(); ok && len(line) > 0 {
		machine.Loaded.CommandLine = mem.Phys(uintptr(unsafe.Pointer(unsafe.SliceData(line))))
	}
}

// findMemory finds out how much memory is the ARM cores' when the device tree
// does not say: the firmware knows, and may have left it in the list of tags.
func findMemory() (why string) {
	l := &machine.Loaded
	if l.Total() != 0 {
		return ""
	}
	base, size, code := mailbox.Memory(bcm2837.TagARMMemory)
	if code != bcm2837.OK {
		list, _ := tags()
		var ok bool
		if base, size, ok = list.Memory(0); !ok || size == 0 {
			return code.String()
		}
	}
	l.RAM[0], l.N = machine.Range{Addr: uint64(base), Size: uint64(size)}, 1
	return ""
}

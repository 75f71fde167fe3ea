// Package atags reads the list of tags that an ARM boot loader leaves when it
// passes no device tree: the Raspberry Pi's firmware with "device_tree=" in
// config.txt, and QEMU without -dtb. Written from "Booting ARM Linux", section 5
// (Vincent Sanders, rev. 1.10, 2004), and the Linux kernel's list of tags.
//
// It is kernel-context code: nothing is allocated, no pointer kept, no
// initialiser needed. The list is untrusted: one that does not begin as it
// should is no list, and it ends where a tag would not fit.
//
// It imports nothing.
package atags

// Tags (section 5).
const (
	core    = 0x54410001
	memory  = 0x54410002 // size, start
	cmdline = 0x54410009 // a C string

	header = 8 // bytes: size in words, header included, and tag
)

// A List is the memory from the first tag on.
type List struct{ b []byte }

// Open returns the list at the start of b, which should be all the memory that
// it could take. ok is false, and the list empty, when there is none.
func Open(b []byte) (l List, ok bool) {
	l = List{b}
	tag, value, _ := l.at(0)
	// The core tag has no value, or flags, page size and root device.
	if tag != core || len(value) != 0 && len(value) != 12 {
		return List{}, false
	}
	return l, true
}

// at returns the tag at offset off and where the next one is; tag 0 is the end.
func (l List) at(off int) (tag uint32, value []byte, next int) {
	if off > len(l.b)-header {
		return 0, nil, 0
	}
	words := word(l.b[off:])
	if words < header/4 || uint64(words)*4 > uint64(len(l.b)-off) {
		return 0, nil, 0
	}
	next = off + int(words)*4
	return word(l.b[off+4:]), l.b[off+header : next], next
}

// find returns the value of the i-th tag of a kind.
func (l List) find(kind uint32, i int) ([]byte, bool) {
	for tag, value, next := l.at(0); tag != 0; tag, value, next = l.at(next) {
		if tag != kind {
			continue
		}
		if i == 0 {
			return value, true
		}
		i--
	}
	return nil, false
}

// Memory returns the i-th range of RAM, in bytes. It may be empty.
func (l List) Memory(i int) (start, size uint32, ok bool) {
	v, ok := l.find(memory, i)
	if !ok || len(v) < 8 {
		return 0, 0, false
	}
	return word(v[4:]), word(v), true
}

// CommandLine returns what the loader passes on, without the NUL at its end.
func (l List) CommandLine() ([]byte, bool) {
	v, ok := l.find(cmdline, 0)
	for i, c := range v {
		if c == 0 {
			return v[:i], true
		}
	}
	return v, ok
}

func word(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

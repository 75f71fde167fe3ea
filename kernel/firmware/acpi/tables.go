package acpi

// A Memory returns size bytes at a physical address, or false if they are not
// all memory that may be read. It is asked for addresses that firmware wrote:
// any value may come. The bytes must not change while they are in use.
type Memory func(addr uint64, size int) ([]byte, bool)

const (
	headerSize = 36
	// maxTable is the longest table read, in bytes.
	maxTable = 1 << 20
	// maxRoot is the longest RSDT or XSDT: 500 tables.
	maxRoot = 4096
)

// Tables is the firmware's list of tables.
type Tables struct {
	memory Memory
	list   []byte // physical addresses
	width  int    // bytes of each: 4 from an RSDT, 8 from an XSDT
}

// Sizes of the root pointer of ACPI 1.0 and of 2.0 and later (5.2.5.3).
const (
	rootSize1 = 20
	rootSize2 = 36
)

// root reads and checks the root pointer.
func root(memory Memory, addr uint64) ([]byte, Code) {
	b, ok := read(memory, addr, rootSize1)
	switch {
	case !ok:
		return nil, ErrAddress
	case string(b[:8]) != "RSD PTR ":
		return nil, ErrRoot
	case sum(b) != 0:
		return nil, ErrRootSum
	case b[15] < 2:
		return b, OK
	}
	if b, ok = read(memory, addr, rootSize2); !ok {
		return nil, ErrAddress
	}
	size := le(b, 20, 4)
	if size < rootSize2 || size > maxRoot {
		return nil, ErrRootLength
	}
	if b, ok = read(memory, addr, int(size)); !ok {
		return nil, ErrAddress
	}
	if sum(b) != 0 {
		return nil, ErrRootSum
	}
	return b, OK
}

// Search returns the address of the root pointer on a PC whose loader does not tell it:
// it is where a PC's firmware has its read-only memory, on a multiple of 16 (5.2.5.1).
// ok is false where there is none.
func Search(memory Memory) (rsdp uint64, ok bool) {
	const start, end, step = 0xe0000, 0x100000, 16
	for addr := uint64(start); addr < end; addr += step {
		if _, code := root(memory, addr); code == OK {
			return addr, true
		}
	}
	return 0, false
}

// Open reads the list of tables that the root pointer leads to: the XSDT if
// there is one, or else the RSDT.
func Open(memory Memory, rsdp uint64) (Tables, Code) {
	t := Tables{memory: memory}
	b, code := root(memory, rsdp)
	if code != OK {
		return Tables{}, code
	}
	addr, sig, width := le(b, 16, 4), "RSDT", 4
	if len(b) >= rootSize2 && le(b, 24, 8) != 0 {
		addr, sig, width = le(b, 24, 8), "XSDT", 8
	}
	list, code := t.at(addr, sig, maxRoot)
	switch {
	case code != OK:
		return Tables{}, code
	case (len(list)-headerSize)%width != 0:
		return Tables{}, ErrEntryLength
	}
	t.list, t.width = list[headerSize:], width
	return t, OK
}

// Table returns the first table with a signature of four letters, header
// included. If there is none, but an address in the list cannot be read, that
// is the reason. Tables that Open has refused have none.
func (t *Tables) Table(sig string) ([]byte, Code) {
	missing := ErrAbsent
	for off := 0; off < len(t.list); off += t.width { // which is a multiple: see Open
		addr := le(t.list, off, t.width)
		if addr == 0 {
			continue
		}
		b, ok := read(t.memory, addr, headerSize)
		if !ok {
			missing = ErrAddress
			continue
		}
		if string(b[:4]) == sig {
			return t.at(addr, sig, maxTable)
		}
	}
	return nil, missing
}

// at returns the table at an address, checked.
func (t *Tables) at(addr uint64, sig string, most uint64) ([]byte, Code) {
	b, ok := read(t.memory, addr, headerSize)
	if !ok {
		return nil, ErrAddress
	}
	if string(b[:4]) != sig {
		return nil, ErrSignature
	}
	size := le(b, 4, 4)
	if size < headerSize || size > most {
		return nil, ErrLength
	}
	if b, ok = read(t.memory, addr, int(size)); !ok {
		return nil, ErrAddress
	}
	if sum(b) != 0 {
		return nil, ErrSum
	}
	return b, OK
}

// read asks for memory, and for none beyond the end of the address space.
func read(memory Memory, addr uint64, size int) ([]byte, bool) {
	if addr+uint64(size) < addr {
		return nil, false
	}
	b, ok := memory(addr, size)
	if !ok || len(b) < size {
		return nil, false
	}
	return b[:size:size], true
}

// sum adds bytes up; that of a table and of the root pointer is 0.
func sum(b []byte) (s uint8) {
	for _, v := range b {
		s += v
	}
	return s
}

// le returns the little-endian number of size bytes at off, which are in b.
func le(b []byte, off, size int) (v uint64) {
	for i := size - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[off+i])
	}
	return v
}

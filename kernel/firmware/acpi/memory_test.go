package acpi

import (
	"encoding/binary"
	"os"
	"testing"
)

// A machine is what physical memory holds: pieces by address.
type machine map[uint64][]byte

// memory is the Memory of a machine. It gives no more than a piece.
func (m machine) memory(addr uint64, size int) ([]byte, bool) {
	for at, b := range m {
		if addr >= at && addr-at <= uint64(len(b)) && size <= len(b)-int(addr-at) {
			return b[addr-at:][:size], true
		}
	}
	return nil, false
}

// root returns where the root pointer is: at the beginning of a piece.
func (m machine) root() uint64 {
	for at, b := range m {
		if len(b) >= rootSize1 && string(b[:8]) == "RSD PTR " {
			return at
		}
	}
	return 0
}

// load reads a machine from testdata.
func load(t testing.TB, name string) machine {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".acpi")
	if err != nil {
		t.Fatal(err)
	}
	m := machine{}
	for len(b) > 0 {
		addr, size := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])
		m[addr] = b[12 : 12+size]
		b = b[12+size:]
	}
	return m
}

func num(b []byte, size int, v uint64) []byte {
	for range size {
		b = append(b, byte(v))
		v >>= 8
	}
	return b
}

// fix sets the byte at off so that the sum of b is 0.
func fix(b []byte, off int) []byte {
	b[off] = 0
	b[off] = -sum(b)
	return b
}

// table returns a good table with a body.
func table(sig string, body ...byte) []byte {
	b := num([]byte(sig), 4, uint64(headerSize+len(body)))
	b = append(b, make([]byte, headerSize-len(b))...)
	return fix(append(b, body...), 9)
}

// firmware returns a machine with a root pointer at 0xe0000, an XSDT, and tables
// at 0x10000, 0x20000 ...
func firmware(tables ...[]byte) machine {
	m := machine{0xe0000: pointer(2, 0, 0x1000)}
	var list []byte
	for i, t := range tables {
		at := uint64(i+1) << 16
		m[at] = t
		list = num(list, 8, at)
	}
	m[0x1000] = table("XSDT", list...)
	return m
}

// pointer returns a root pointer.
func pointer(revision byte, rsdt, xsdt uint64) []byte {
	b := append([]byte("RSD PTR "), make([]byte, 7)...)
	b = num(append(b, revision), 4, rsdt)
	fix(b, 8)
	if revision < 2 {
		return b
	}
	b = num(num(num(b, 4, rootSize2), 8, xsdt), 4, 0)
	return fix(b, 32)
}

// madt returns a MADT with entries, each without its length.
func madt(entries ...[]byte) []byte {
	body := num(num(nil, 4, 0xfee00000), 4, 1)
	for _, e := range entries {
		body = append(body, e[0], byte(len(e)+1))
		body = append(body, e[1:]...)
	}
	return table("APIC", body...)
}

// Entries of a MADT, without their length.
func lapic(uid, id, flags byte) []byte { return []byte{0, uid, id, flags, 0, 0, 0} }

func x2apic(uid, id uint64, flags byte) []byte {
	return num(num(num([]byte{9, 0, 0}, 4, id), 4, uint64(flags)), 4, uid)
}

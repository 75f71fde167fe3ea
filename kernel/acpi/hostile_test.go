package acpi

import (
	"bytes"
	"testing"
)

// damage returns b with bytes replaced.
func damage(b []byte, off int, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[off:], with)
	return b
}

func TestRootRefused(t *testing.T) {
	const at = 0xe0000
	good := pointer(2, 0, 0x1000)
	list := table("XSDT", num(nil, 8, 0x2000)...)
	for _, c := range []struct {
		what string
		m    machine
		want Code
	}{
		{"no memory", machine{}, ErrAddress},
		{"another signature", machine{at: damage(good, 0, 'X')}, ErrRoot},
		{"wrong sum", machine{at: damage(good, 16, 1)}, ErrRootSum},
		{"wrong second sum", machine{at: damage(good, 33, 1)}, ErrRootSum},
		{"revision 2 with the length of 1", machine{at: good[:rootSize1]}, ErrAddress},
		{"length 20", machine{at: damage(good, 20, 20)}, ErrRootLength},
		{"length 4 GiB", machine{at: damage(good, 20, 0xff, 0xff, 0xff, 0xff)}, ErrRootLength},
		{"length beyond memory", machine{at: damage(good, 20, 40)}, ErrAddress},
		{"no XSDT there", machine{at: good}, ErrAddress},
		{"an XSDT at the end of the address space", machine{at: pointer(2, 0, ^uint64(0)-8)}, ErrAddress},
		{"an RSDT for an XSDT", machine{at: good, 0x1000: table("RSDT")}, ErrSignature},
		{"an XSDT for an RSDT", machine{at: pointer(0, 0x1000, 0), 0x1000: table("XSDT")}, ErrSignature},
		{"XSDT with a wrong sum", machine{at: good, 0x1000: damage(list, 10, 1)}, ErrSum},
		{"XSDT without its end", machine{at: good, 0x1000: list[:len(list)-1]}, ErrAddress},
		{"XSDT of length 35", machine{at: good, 0x1000: damage(list, 4, 35)}, ErrLength},
		{"XSDT of 2 GiB", machine{at: good, 0x1000: damage(list, 7, 0x80)}, ErrLength},
		{"half an entry", machine{at: good, 0x1000: table("XSDT", 1, 2, 3, 4)}, ErrEntryLength},
	} {
		if _, code := Open(c.m.memory, at); code != c.want {
			t.Errorf("%s: %v, want %v", c.what, code, c.want)
		}
	}
	if _, code := Find(machine{at: damage(good, 16, 1)}.memory); code != ErrAbsent {
		t.Errorf("a bad root pointer is found: %v", code)
	}
}

// TestFind puts the root pointer where the EBDA's segment says.
func TestFind(t *testing.T) {
	ebda := append(make([]byte, 512), pointer(0, 0x1000, 0)...)
	m := machine{0x40e: {0xc0, 0x9f}, 0x9fc00: ebda}
	if at, code := Find(m.memory); code != OK || at != 0x9fc00+512 {
		t.Errorf("%#x %v", at, code)
	}
}

func TestTablesRefused(t *testing.T) {
	cpu := lapic(0, 0, 1)
	good := madt(cpu)
	zero := func(m []byte) []byte { return fix(damage(m, 36, 0, 0, 0, 0), 9) }
	bus := func(base uint64, first, last byte) []byte {
		b := append(num(num(make([]byte, 8), 8, base), 2, 0), first, last)
		return table("MCFG", num(b, 4, 0)...)
	}
	for _, c := range []struct {
		what  string
		table []byte
		want  Code
	}{
		{"no such table", table("XXXX"), ErrAbsent},
		{"not in memory", good[:headerSize-1], ErrAddress},
		{"cut off", good[:len(good)-1], ErrAddress},
		{"length 0", damage(good, 4, 0), ErrLength},
		{"length 4 GiB", damage(good, 4, 0xff, 0xff, 0xff, 0xff), ErrLength},
		{"wrong sum", damage(good, 44, 9), ErrSum},
		{"too short for a MADT", table("APIC", 1, 2, 3), ErrLength},
		{"entry of length 0", table("APIC", 0, 0, 0xe0, 0xfe, 0, 0, 0, 0, 0, 0), ErrEntryLength},
		{"entry of length 1", table("APIC", 0, 0, 0xe0, 0xfe, 0, 0, 0, 0, 0x7f, 1), ErrEntryLength},
		{"entry beyond the end", table("APIC", 0, 0, 0xe0, 0xfe, 0, 0, 0, 0, 0x7f, 3), ErrEntryLength},
		{"one byte of an entry", table("APIC", 0, 0, 0xe0, 0xfe, 0, 0, 0, 0, 0), ErrEntryLength},
		{"short local APIC", madt(cpu[:6]), ErrEntry},
		{"short x2APIC", madt(x2apic(1, 1, 1)[:14]), ErrEntry},
		{"short I/O APIC", madt([]byte{1, 1, 1}), ErrEntry},
		{"short override", madt([]byte{2, 1, 1}), ErrEntry},
		{"short NMI", madt([]byte{4, 1, 1}), ErrEntry},
		{"short x2APIC NMI", madt([]byte{10, 1, 1}), ErrEntry},
		{"short local APIC address", madt([]byte{5, 1, 1}), ErrEntry},
		{"I/O APIC at 0", madt(make([]byte, 11), []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), ErrEntry},
		{"local APIC at 0", zero(good), ErrEntry},
	} {
		tables := tables(t, firmware(c.table))
		if _, code := tables.MADT(); code != c.want {
			t.Errorf("MADT, %s: %v, want %v", c.what, code, c.want)
		}
	}
	for _, c := range []struct {
		what  string
		table []byte
		want  Code
	}{
		{"too short", table("MCFG", 1), ErrLength},
		{"half an entry", table("MCFG", make([]byte, 16)...), ErrEntryLength},
		{"at 0", bus(0, 0, 255), ErrEntry},
		{"misaligned", bus(0xb0001000, 0, 255), ErrEntry},
		{"backwards", bus(0xb0000000, 9, 8), ErrEntry},
		{"over the end of the address space", bus(^uint64(0xfffff), 0, 255), ErrEntry},
		{"empty", table("MCFG", make([]byte, 8)...), ErrAbsent},
	} {
		tables := tables(t, firmware(c.table))
		if _, code := tables.ECAM(0); code != c.want {
			t.Errorf("MCFG, %s: %v, want %v", c.what, code, c.want)
		}
	}
	tables := tables(t, firmware(table("FACP", make([]byte, 20)...)))
	if _, code := tables.FADT(); code != ErrLength {
		t.Errorf("short FADT: %v", code)
	}
}

// TestRegisters has FADTs that name registers which cannot be.
func TestRegisters(t *testing.T) {
	body := make([]byte, 244-headerSize)
	body[fadtFlags-headerSize+1] = flagReset >> 8
	for _, c := range []struct {
		gas  []byte
		want Register
	}{
		{num([]byte{1, 8, 0, 1}, 8, 0xcf9), Register{Addr: 0xcf9}},
		{num([]byte{0, 8, 0, 1}, 8, 0xfed00000), Register{0xfed00000, true}},
		{num([]byte{1, 8, 0, 1}, 8, 0x10000), Register{}}, // no such port
		{num([]byte{2, 8, 0, 1}, 8, 0xcf9), Register{}},   // PCI configuration
		{num([]byte{0, 8, 0, 1}, 8, 0), Register{}},
	} {
		copy(body[fadtReset-headerSize:], c.gas)
		tables := tables(t, firmware(table("FACP", body...)))
		if f, code := tables.FADT(); code != OK || f.Reset != c.want {
			t.Errorf("%x: %+v %v, want %+v", c.gas, f.Reset, code, c.want)
		}
	}
}

// TestLost has a list with addresses that lead nowhere beside a good one.
func TestLost(t *testing.T) {
	m := firmware(nil, madt(lapic(0, 3, 1)))
	m[0x1000] = table("XSDT", num(num(num(num(nil, 8, 0), 8, ^uint64(0)), 8, 0xdead0000), 8, 0x20000)...)
	tables := tables(t, m)
	madt, code := tables.MADT()
	if ids := cpus(&madt); code != OK || len(ids) != 1 || ids[0] != 3 {
		t.Errorf("%v %v", ids, code)
	}
	if _, code := tables.FADT(); code != ErrAddress {
		t.Errorf("a FADT that may be in what cannot be read: %v", code)
	}
}

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
		tables, code := Open(c.m.memory, at)
		if code != c.want {
			t.Errorf("%s: %v, want %v", c.what, code, c.want)
		}
		if _, code := tables.Table("FACP"); code != ErrAbsent {
			t.Errorf("%s: a table all the same, %v", c.what, code)
		}
	}
}

func TestTablesRefused(t *testing.T) {
	cpu := lapic(0, 0, 1)
	good := madt(cpu)
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
	} {
		tables := tables(t, firmware(c.table))
		if _, code := tables.MADT(); code != c.want {
			t.Errorf("MADT, %s: %v, want %v", c.what, code, c.want)
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
	if _, code := tables.Table("FACP"); code != ErrAddress {
		t.Errorf("a table that may be in what cannot be read: %v", code)
	}
}

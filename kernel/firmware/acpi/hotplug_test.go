package acpi

import (
	"encoding/binary"
	"testing"
)

// TestHotPlug: where QEMU's q35 has it, and nowhere on a microvm.
func TestHotPlug(t *testing.T) {
	q35, microvm := tables(t, load(t, "q35-cpu1")), tables(t, load(t, "microvm-cpu1"))
	want := HotPlug{Block: 0xcc0, Status: 0x620, Enable: 0x628}
	if h, ok := q35.HotPlug(); !ok || h != want {
		t.Errorf("q35: %+v %v, want %+v", h, ok, want)
	}
	if h, ok := microvm.HotPlug(); ok {
		t.Errorf("microvm: %+v", h)
	}
}

// TestHotPlugRefused: tables that say what cannot be.
func TestHotPlugRefused(t *testing.T) {
	const region = "\x5b\x80PCST\x01\x0b\xc0\x0c\x0a\x08"
	for _, c := range []struct {
		what   string
		dsdt   string
		events uint32
		length byte
		flags  byte // its bits 23:16
		ok     bool
	}{
		{"good", region, 0x620, 16, 0, true},
		{"at the end of the code", region[:10], 0x620, 16, 0, true},
		{"cut off", region[:9], 0x620, 16, 0, false},
		{"in memory", "\x5b\x80PCST\x00\x0b\xc0\x0c\x0a\x08", 0x620, 16, 0, false},
		{"at port 0", "\x5b\x80PCST\x01\x0b\x00\x00\x0a\x08", 0x620, 16, 0, false},
		{"beyond the ports", "\x5b\x80PCST\x01\x0b\xe9\xff\x0a\x08", 0x620, 16, 0, false},
		{"nothing", "", 0x620, 16, 0, false},
		{"no events", region, 0, 16, 0, false},
		{"events too few", region, 0x620, 1, 0, false},
		{"events beyond the ports", region, 0xfff8, 16, 0, false},
		{"events in memory", region, 0xfed00000, 16, 0, false},
		{"no fixed hardware", region, 0x620, 16, flagReduced >> 16, false},
	} {
		const at = 0x200000
		b := fadt(fadtDSDT, 0, 0, at>>16, 0)
		binary.LittleEndian.PutUint32(b[fadtGPE-headerSize:], c.events)
		b[fadtGPELength-headerSize], b[fadtFlags+2-headerSize] = c.length, c.flags
		m := firmware(table("FACP", b...))
		m[at] = table("DSDT", []byte(c.dsdt)...)
		tables := tables(t, m)
		if h, ok := tables.HotPlug(); ok != c.ok || ok && h != (HotPlug{0xcc0, 0x620, 0x628}) {
			t.Errorf("%s: %+v %v", c.what, h, ok)
		}
	}
}

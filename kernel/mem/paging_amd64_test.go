package mem

import (
	"testing"
	"unsafe"

	"yolk/arch"
	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
)

// boot makes a machine with that many page frames and empty page tables.
func boot(t testing.TB, frames int) {
	t.Helper()
	amd64test.Enter(t)
	bootWith(t, amd64test.RAM(t, frames*PageSize), frames)
}

// bootWith is boot with RAM that is there.
func bootWith(t testing.TB, pa uint64, frames int) {
	t.Helper()
	m, nextStack = state{magic: 1}, stackBase
	ServeObjects()
	Init(Buddy)
	m.large1G = true // whatever the host's processor has
	AddRAM(pa, pa+uint64(frames)*PageSize)
	if !NewTables() {
		t.Fatal("no frame for the top table")
	}
	amd64test.Take()
}

// A translation is what a processor makes of an address by the tables (SDM 3A, 4.5).
type translation struct {
	pa    uint64
	shift uint // 12, 21 or 30
	write bool // every entry on the way allows it
	exec  bool
	bits  uint64 // of the leaf
}

// translate walks the tables as a processor does. It fails on what SDM forbids: a bit
// that must be 0, a leaf that is not aligned.
func translate(t testing.TB, va uintptr) (tr translation, ok bool) {
	t.Helper()
	const (
		present, write, large, noExec = 1, 2, 1 << 7, 1 << 63
		address                       = 0x000ffffffffff000
	)
	tr.write, tr.exec = true, true
	table := m.root
	for shift := uint(39); ; shift -= 9 {
		e := *(*uint64)(unsafe.Pointer(uintptr(Direct+table) + va>>shift&511*8))
		if e&present == 0 {
			return translation{}, false
		}
		tr.write, tr.exec = tr.write && e&write != 0, tr.exec && e&noExec == 0
		if shift > 30 && e&large != 0 {
			t.Fatalf("%#x: a top-level entry is a leaf: %#x", va, e)
		}
		if shift == 12 || e&large != 0 {
			size := uint64(1) << shift
			if e&address&(size-1) != 0 {
				t.Fatalf("%#x: the page of %#x bytes is not aligned: %#x", va, size, e)
			}
			tr.pa, tr.shift, tr.bits = e&address|uint64(va)&(size-1), shift, e&^address
			return tr, true
		}
		table = e & address
	}
}

// tables counts the page tables below table, itself included, which covers va on.
func tables(table uint64, shift uint) (n int) {
	n = 1
	for i := range uintptr(512) {
		if e := *entry(table, i); shift > 12 && e&1 != 0 && e&(1<<7) == 0 {
			n += tables(e&amd64.PTEAddr, shift-9)
		}
	}
	return n
}

// TestMapPages: each address of a range leads where it should, by the largest pages
// that addresses, length and processor allow.
func TestMapPages(t *testing.T) {
	const va = 0xffff900000000000
	for _, c := range []struct {
		name      string
		va, pa, n uint64
		giant     bool
		tables    int // top table included
		shifts    []uint
	}{
		{"one page", va, 0x5000, PageSize, true, 4, []uint{12}},
		{"a block", va, size2M, size2M, true, 3, []uint{21}},
		{"a block elsewhere", va + size2M, 0, size2M, true, 3, []uint{21}},
		{"a block that is not aligned", va, PageSize, size2M, true, 4, []uint{12, 12}},
		{"an address that is not", va + PageSize, size2M, size2M, true, 5, []uint{12, 12}},
		{"a giant page", va, size1G, size1G, true, 2, []uint{30}},
		{"no giant pages", va, size1G, size1G, false, 3, []uint{21, 21}},
		{"a bit of each", va + size1G - PageSize, size1G - PageSize, PageSize + size1G + size2M + PageSize, true, 6, []uint{12, 30, 21, 12}},
	} {
		boot(t, 64)
		m.large1G = c.giant
		bits := (ProtRead | ProtWrite).bits()
		if !mapPages(uintptr(c.va), c.pa, c.n, bits) {
			t.Fatal(c.name, "failed")
		}
		var shifts []uint
		for at := uint64(0); at < c.n; {
			tr, ok := translate(t, uintptr(c.va+at))
			last, ok2 := translate(t, uintptr(c.va+at+1<<tr.shift-1))
			if !ok || !ok2 || tr.pa != c.pa+at || last.pa != tr.pa+1<<tr.shift-1 || !tr.write || tr.exec {
				t.Fatalf("%s: +%#x is %+v, to %+v", c.name, at, tr, last)
			}
			if len(shifts) < len(c.shifts) {
				shifts = append(shifts, tr.shift)
			}
			at += 1 << tr.shift
		}
		for i := range shifts {
			if shifts[i] != c.shifts[i] {
				t.Errorf("%s: pages of 1<<%v, want %v", c.name, shifts, c.shifts)
			}
		}
		for _, out := range []uint64{c.va - 1, c.va + c.n} {
			if tr, ok := translate(t, uintptr(out)); ok {
				t.Errorf("%s: %#x is mapped, to %+v", c.name, out, tr)
			}
		}
		if n := tables(m.root, 39); n != c.tables {
			t.Errorf("%s: %d tables, want %d", c.name, n, c.tables)
		}
	}
}

// TestHostileTree: a large page is not taken for a table, which a description of a
// machine that has a device inside its RAM would make of it.
func TestHostileTree(t *testing.T) {
	boot(t, 64)
	ram := m.root &^ (size2M - 1)
	if !MapDirect(ram, ram+4*size2M) {
		t.Fatal("no tables")
	}
	before := tables(m.root, 39)
	if e := walk(Addr(ram+PageSize), 12, true); e != nil {
		t.Errorf("the entry of a page within a large one is at %p", e)
	}
	if mapPages(Addr(ram+size2M), ram, PageSize, 0) {
		t.Error("a page was mapped into a large one")
	}
	for at := ram; at < ram+4*size2M; at += size2M / 4 {
		if tr, ok := translate(t, Addr(at)); !ok || tr.pa != at || tr.shift != 21 {
			t.Errorf("%#x is at %+v now", at, tr)
		}
	}
	if n := tables(m.root, 39); n != before {
		t.Errorf("%d tables, before %d", n, before)
	}
}

// TestMapDirect: what firmware calls RAM is rounded to whole blocks.
func TestMapDirect(t *testing.T) {
	boot(t, 64)
	if !MapDirect(size2M+5, 2*size2M+1) {
		t.Fatal("no tables")
	}
	for at, want := range map[uint64]bool{size2M - 1: false, size2M: true, 3*size2M - 1: true, 3 * size2M: false} {
		if tr, ok := translate(t, Addr(at)); ok != want || ok && (tr.pa != at || tr.exec || !tr.write) {
			t.Errorf("%#x: %v %+v", at, ok, tr)
		}
	}
}

// TestMapImage: code cannot be written, and what can be written is not code.
func TestMapImage(t *testing.T) {
	boot(t, 64)
	for i, p := range []Prot{ProtRead | ProtExec, ProtRead, ProtRead | ProtWrite} {
		start := uint64(i+1) * 0x100000
		if !MapImage(start+1, start+PageSize+1, p) {
			t.Fatal("no tables")
		}
		for _, va := range []uint64{start, start + 2*PageSize - 1} {
			tr, ok := translate(t, uintptr(va))
			if !ok || tr.pa != va || tr.write != (p&ProtWrite != 0) || tr.exec != (p&ProtExec != 0) || !Populated(va) {
				t.Errorf("%#x with protection %d: %v %+v", va, p, ok, tr)
			}
		}
		if end := RegionEnd(start); end != start+2*PageSize {
			t.Errorf("the region ends at %#x", end)
		}
	}
	if !Reserve(0x400000, 2*PageSize) || Populated(0x400000) || Fault(0x400000, arch.FaultWrite) != FaultServed || !Populated(0x400000) {
		t.Error("BSS is not populated on demand")
	}
}

func TestMapDevice(t *testing.T) {
	boot(t, 64)
	const uncached = 1<<4 | 1<<3 // PCD and PWT
	if va := MapDevice(0xfee00010, PageSize); va != deviceBase+0xfee00010 {
		t.Errorf("at %#x", va)
	}
	for at, want := range map[uintptr]bool{0xfedfffff: false, 0xfee00000: true, 0xfee01fff: true, 0xfee02000: false} {
		if tr, ok := translate(t, deviceBase+at); ok != want || ok && (tr.pa != uint64(at) || tr.exec || tr.bits&uncached != uncached) {
			t.Errorf("%#x: %v %+v", at, ok, tr)
		}
	}
	for _, c := range []struct{ pa, n uint64 }{{MaxPhys + 1, 1}, {MaxPhys - 1, 2}, {1, ^uint64(0)}, {^uint64(0), 2}} {
		if va := MapDevice(c.pa, c.n); va != 0 {
			t.Errorf("%#x bytes at %#x: %#x", c.n, c.pa, va)
		}
	}
}

// TestMapLow: the page from which a processor starts is code where it lies, until
// that is over.
func TestMapLow(t *testing.T) {
	boot(t, 64)
	if !MapLow(0x8000) {
		t.Fatal("no tables")
	}
	if tr, ok := translate(t, 0x8000); !ok || tr.pa != 0x8000 || !tr.exec || !tr.write {
		t.Errorf("%v %+v", ok, tr)
	}
	amd64test.Take()
	UnmapLow(0x8000)
	if _, ok := translate(t, 0x8000); ok {
		t.Error("it is there still")
	}
	if e := amd64test.Take(amd64test.Invalidate); len(e) != 1 || e[0].At != 0x8000 {
		t.Errorf("invalidated: %x", e)
	}
}

// TestMapStack: a page that is not mapped lies below each stack.
func TestMapStack(t *testing.T) {
	boot(t, 64)
	last := stackBase
	for range 3 {
		top := MapStack(2)
		if top == 0 {
			t.Fatal("no stack")
		}
		for va := top - 4*PageSize; va < top; va += PageSize {
			if tr, ok := translate(t, va); !ok || !tr.write || tr.exec {
				t.Errorf("%#x of the stack that ends at %#x: %v %+v", va, top, ok, tr)
			}
		}
		guard := top - 4*PageSize - 1
		if _, ok := translate(t, guard); ok || !IsGuard(guard) || guard < last {
			t.Errorf("no guard page below %#x", top)
		}
		last = top
	}
	if IsGuard(last) || IsGuard(stackBase-1) {
		t.Error("guard pages where no stacks are")
	}
	for MapStack(2) != 0 {
	}
	if s := Stats(); s.Free > 16*PageSize {
		t.Errorf("no stack with %d bytes free", s.Free)
	}
}

func TestActivate(t *testing.T) {
	boot(t, 8)
	Activate()
	if e := amd64test.Take(); len(e) != 1 || e[0] != (amd64test.Event{Op: amd64test.WriteCR, At: 3, Value: m.root}) {
		t.Errorf("%x", e)
	}
}

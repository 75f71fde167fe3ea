package mem

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"testing"
	"unsafe"

	"yolk/arch"
	"yolk/arch/amd64/amd64test"
)

// A page is what a program knows of one of its own: whether it is there, what it may
// do with it, and what it wrote there, 0 at first.
type page struct {
	prot Prot
	text uint64
}

// A program is one whose memory behaves as it should, with a processor that keeps
// translations until it is told to drop them.
type program struct {
	*testing.T
	pages map[uintptr]*page
	tlb   map[uintptr]translation
	wrote uint64
	base  uintptr
	apart uintptr // places
	unit  uintptr // of pages, of which the first is looked at
}

const programPages = 96

// va is the address of page i: in three places, so that tables come and go.
func (p *program) va(i int) uintptr {
	return p.base + uintptr(i/32)*p.apart + uintptr(i%32)*p.unit
}

// obey drops the translations that the kernel has told the processor to drop, and
// checks that of those left none allows what the tables do not.
func (p *program) obey(what string) {
	p.Helper()
	for _, e := range amd64test.Take() {
		switch {
		case e.Op == amd64test.Invalidate:
			delete(p.tlb, uintptr(e.At)&^(PageSize-1))
		case e.Op == amd64test.WriteCR && e.At == 3:
			clear(p.tlb)
		}
	}
	for va, old := range p.tlb {
		now, ok := translate(p, va)
		if !ok || old.pa != now.pa || old.write && !now.write || old.exec && !now.exec {
			p.Fatalf("%s: the processor still has %#x at %+v, which is %v %+v", what, va, old, ok, now)
		}
	}
}

// access reads or writes page i as a program does: by a translation that the processor
// has, by the tables, or after a fault.
func (p *program) access(i int, write bool) {
	p.Helper()
	va := p.va(i)
	want := p.pages[va]
	code := uint64(0)
	if write {
		code = arch.FaultWrite
	}
	tr, ok := p.tlb[va]
	if !ok || write && !tr.write {
		tr, ok = translate(p, va)
	}
	if !ok || write && !tr.write {
		r := Fault(va+8, code)
		may := want != nil && want.prot != ProtNone && (!write || want.prot&ProtWrite != 0)
		if r == FaultNoMem && may {
			return
		}
		if may != (r == FaultServed || r == FaultShort) {
			p.Fatalf("page %d, writing %v: %v, and it is %+v", i, write, r, want)
		}
		if !may {
			return
		}
		if tr, ok = translate(p, va); !ok {
			p.Fatalf("page %d is not there after its fault", i)
		}
	}
	if want == nil || want.prot == ProtNone || tr.write != (want.prot&ProtWrite != 0) || tr.exec != (want.prot&ProtExec != 0) {
		p.Fatalf("page %d is at %+v, and should be %+v", i, tr, want)
	}
	p.tlb[va] = tr
	word := (*uint64)(unsafe.Pointer(Addr(tr.pa)))
	if *word != want.text {
		p.Fatalf("page %d reads %d, and %d was written", i, *word, want.text)
	}
	if write {
		p.wrote++
		*word, want.text = p.wrote, p.wrote
	}
}

// change does one of the things that change an address space, to pages [from, to).
func (p *program) change(op, from, to int, prot Prot) {
	p.Helper()
	// Calls are for one place each: ranges end with theirs.
	to = min(to, (from/32+1)*32)
	start, n := uint64(p.va(from)), uint64(to-from)*uint64(p.unit)
	whole := true
	for i := from; i < to; i++ {
		whole = whole && p.pages[p.va(i)] != nil
	}
	switch op % 4 {
	case 0:
		if va, ok := Map(start, n, prot, true); ok && va != start {
			p.Fatalf("mapped at %#x, not %#x", va, start)
		} else if !ok {
			p.obey("map that failed")
			return
		}
		for i := from; i < to; i++ {
			p.pages[p.va(i)] = &page{prot: prot}
		}
	case 1:
		if !Unmap(start, n) {
			return
		}
		for i := from; i < to; i++ {
			delete(p.pages, p.va(i))
		}
	case 2:
		if ok := Protect(start, n, prot) == Done; ok && !whole {
			p.Fatal("what is not mapped has a protection")
		} else if !ok {
			break
		}
		for i := from; i < to; i++ {
			p.pages[p.va(i)].prot = prot
		}
	case 3:
		Discard(start, n)
		for i := from; i < to; i++ {
			if at := p.pages[p.va(i)]; at != nil {
				at.text = 0
			}
		}
	}
	p.obey([]string{"map", "unmap", "protect", "discard"}[op%4])
}

// run plays a program from bytes. In the end everything is given back.
func run(t *testing.T, frames int, script []byte) {
	boot(t, frames)
	p := &program{T: t, pages: map[uintptr]*page{}, tlb: map[uintptr]translation{}, base: 0x500000000, apart: size1G, unit: PageSize}
	device := p.base + 40*PageSize // in the table of the first pages, and in no region
	if MapDevice(uint64(device), PageSize) == 0 {
		return
	}
	free := Stats().Free
	for ; len(script) >= 4; script = script[4:] {
		op, from, to, prot := int(script[0]), int(script[1])%programPages, int(script[2]), Prot(script[3]%8)
		if op%8 < 5 {
			for i := range 4 {
				p.access((from+i*i)%programPages, op%2 == 0)
			}
		} else {
			p.change(op/8, from, from+1+to%40, prot)
		}
	}
	for va := range maps.Clone(p.pages) {
		if !Unmap(uint64(va), PageSize) {
			// There was no memory to divide its region.
			continue
		}
		delete(p.pages, va)
		p.obey("unmap in the end")
	}
	if len(p.pages) != 0 {
		return
	}
	table := uint64(PageSize) << m.regionOrder
	if left := Stats().Free; left != free-table && left != free {
		t.Errorf("%d bytes are free, %d were, and the regions' table has %d", left, free, table)
	}
	if _, ok := translate(t, device); !ok || tables(m.root, topBit) != 4 {
		t.Errorf("%d page tables are left, and the device is there: %v", tables(m.root, topBit), ok)
	}
}

// TestSpace: a program finds in its memory what it wrote, and nothing else; it may do
// what it said, and its processor is told to forget what is no longer so. With few
// frames calls fail, and break nothing.
func TestSpace(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		script := make([]byte, 4*400)
		for i := 0; i < len(script); i += 8 {
			binary.LittleEndian.PutUint64(script[i:], r.Uint64())
		}
		run(t, []int{300, 40, 20}[seed%3], script)
	}
}

func FuzzSpace(f *testing.F) {
	f.Add([]byte{5, 0, 40, 3, 0, 1, 2, 0, 21, 0, 39, 0, 13, 0, 39, 0})
	f.Fuzz(func(t *testing.T, script []byte) { run(t, 40, script) })
}

// TestBootWithLittle: whatever runs out while the kernel makes its tables, it says so.
func TestBootWithLittle(t *testing.T) {
	for frames := 3; ; frames++ {
		boot(t, frames)
		ok := MapDirect(0, size1G+size2M) && MapImage(0x200000, 0x203000, ProtRead) && Reserve(0x203000, 5*PageSize) &&
			MapDevice(0xfee00000, PageSize) != 0 && MapLow(0x8000) && MapStack(1) != 0 &&
			Fault(0x203000, arch.FaultWrite) != FaultNoMem
		if ok {
			if frames < 16 {
				t.Errorf("all that is in %d frames", frames)
			}
			return
		}
		if frames > 100 {
			t.Fatal("not even in 100 frames")
		}
	}
}

// TestMapHints: where a program gets memory.
func TestMapHints(t *testing.T) {
	boot(t, 64)
	const hint = 0xc000000000
	for _, c := range []struct {
		va, n uint64
		fixed bool
		want  uint64
	}{
		{hint, PageSize, false, hint},
		{hint + 5*PageSize + 3, PageSize, false, hint + 5*PageSize},
		{hint, PageSize, false, mmapBase}, // taken
		{0, 1, false, mmapBase + PageSize},
		{0x1000, PageSize, false, mmapBase + 2*PageSize}, // where nil is near
		{userEnd - PageSize, 2 * PageSize, false, mmapBase + 3*PageSize},
		{userEnd - PageSize, PageSize, false, userEnd - PageSize},
		{hint, 3 * PageSize, true, hint},
		{0x10000, PageSize, true, 0x10000},
		{hint + 1, PageSize, true, 0},
		{0, PageSize, true, 0},
		{hint, 0, false, 0},
		{hint, userEnd + 1, false, 0},
		{hint, ^uint64(0), false, 0},
		{0, userEnd - mmapBase, false, 0},
	} {
		if va, ok := Map(c.va, c.n, ProtRead, c.fixed); va != c.want || ok != (c.want != 0) {
			t.Errorf("%#x bytes at %#x, fixed %v: %#x %v, want %#x", c.n, c.va, c.fixed, va, ok, c.want)
		}
	}
	if InHeap(mmapBase) || !InHeap(hint) {
		t.Error("where the heap is")
	}
}

// TestRegionsAreBounded: as many as on Linux, in a table that grows.
func TestRegionsAreBounded(t *testing.T) {
	boot(t, 4000)
	n := 0
	for ; ; n++ {
		if _, ok := Map(mmapBase+uint64(n)*2*PageSize, PageSize, ProtRead, true); !ok {
			break
		}
	}
	// The table grows up to that many, to a power of two of frames.
	if n < maxRegions || m.regions.max > 2*maxRegions || n > m.regions.max {
		t.Errorf("%d regions, want %d", n, maxRegions)
	}
	if !Unmap(mmapBase, PageSize) {
		t.Error("one cannot be given back")
	}
}

// TestNoRoomToSplit: with a full table and no frame for another, no region is divided.
func TestNoRoomToSplit(t *testing.T) {
	boot(t, 64)
	n := uint64(0)
	for ; m.regions.n+room < m.regions.max || n == 0; n++ {
		Map(mmapBase+n*4*PageSize, 3*PageSize, ProtRead, true)
	}
	for _, ok := Alloc(0); ok; _, ok = Alloc(0) {
	}
	for i := range n {
		at := mmapBase + i*4*PageSize
		if m.regions.n+room <= m.regions.max {
			Unmap(at+PageSize, PageSize)
			continue
		}
		if Unmap(at+PageSize, PageSize) || Protect(at+PageSize, PageSize, ProtWrite) == Done || RegionEnd(at+PageSize) != at+3*PageSize {
			t.Fatalf("region %d of %d was divided, the table has room for %d", i, m.regions.n, m.regions.max)
		}
		if !Unmap(at, 3*PageSize) {
			t.Fatal("a whole region cannot be given back")
		}
		return
	}
	t.Error("the table is never full")
}

// TestShortage: from none, through a part of what there is, to all.
func TestShortage(t *testing.T) {
	boot(t, 640)
	if s := Shortage(100); s != 0 {
		t.Errorf("%d of 100 with all frames free", s)
	}
	Map(mmapBase, 1<<30, ProtRead|ProtWrite, true)
	last, short := uint64(0), 0
	for va := uintptr(mmapBase); ; va += PageSize {
		r := Fault(va, arch.FaultWrite)
		s := Shortage(100)
		if s < last || (s > 0) != (r == FaultShort) && r != FaultNoMem {
			t.Fatalf("%v, and %d of 100 after %d", r, s, last)
		}
		if last = s; r == FaultShort {
			short++
		}
		if r == FaultNoMem {
			break
		}
	}
	if last != 100 || short < 15 || short > 20 || Faults() < 500 {
		t.Errorf("%d of 100 in the end, after %d of %d pages", last, short, Faults())
	}
}

// TestAlloc: blocks of frames are clear, and what was not taken is not given back.
func TestAlloc(t *testing.T) {
	for _, policy := range []Policy{Buddy, Bump} {
		boot(t, 64)
		pa := amd64test.RAM(t, 64*PageSize)
		m.frames = frames{}
		Init(policy)
		AddRAM(pa+1, pa+64*PageSize)
		AddRAM(pa, pa) // nothing
		total := Stats().Free
		var got []uint64
		for {
			pa, ok := Alloc(2)
			if !ok {
				break
			}
			for i, b := range Bytes(Addr(pa), 4*PageSize) {
				if b != 0 {
					t.Fatalf("policy %d: byte %d of a new block is %#x", policy, i, b)
				}
			}
			for i := range Bytes(Addr(pa), 4*PageSize) {
				Bytes(Addr(pa), 4*PageSize)[i] = 0xff
			}
			if Phys(Addr(pa)) != pa || pa%PageSize != 0 {
				t.Errorf("a block at %#x", pa)
			}
			got = append(got, pa)
		}
		if len(got) < 14 {
			t.Errorf("policy %d: %d blocks of four in 63 frames", policy, len(got))
		}
		for _, pa := range got {
			Free(pa, 2)
		}
		if left := Stats().Free; left != total {
			t.Errorf("policy %d: %d bytes free, before %d", policy, left, total)
		}
		if pa, ok := m.frames.frame(); !ok {
			t.Errorf("policy %d: no frame", policy)
		} else if m.frames.freeFrame(pa); m.frames.left() != total {
			t.Errorf("policy %d: a frame is lost", policy)
		}
	}
}

// TestBeyondTheEnd: ranges that wrap around, or lie in the kernel's half, are the
// program's error, and change nothing.
func TestBeyondTheEnd(t *testing.T) {
	boot(t, 64)
	if !declare(region{start: PageSize, end: 3 * PageSize, prot: ProtRead}) {
		t.Fatal("no region")
	}
	for _, c := range []struct{ va, n uint64 }{
		{PageSize, ^uint64(PageSize - 1)},
		{2 * PageSize, userEnd - PageSize},
		{Direct, PageSize},
	} {
		if Protect(c.va, c.n, ProtRead) == Done || Unmap(c.va, c.n) {
			t.Errorf("[%#x, +%#x) was changed", c.va, c.n)
		}
		if va, ok := Map(c.va, c.n, ProtRead, true); ok {
			t.Errorf("[%#x, +%#x) was mapped at %#x", c.va, c.n, va)
		}
		Discard(c.va, c.n)
	}
	if m.regions.n != 1 || *m.regions.at(0) != (region{start: PageSize, end: 3 * PageSize, prot: ProtRead}) {
		t.Errorf("regions changed: %+v", m.regions)
	}
}

package mem

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"yolk/arch"
	"yolk/arch/amd64/amd64test"
)

const (
	heap = 0xc000000000 // where a heap begins

	largeFrames = 48 << 20 / PageSize
)

// largeRAM is the same for all tests, and dirty from the second on.
var largeRAM uint64

// bootLarge makes a machine with plenty of memory, and a heap in it of some blocks.
func bootLarge(t *testing.T, blocks uint64) {
	t.Helper()
	amd64test.Enter(t)
	if largeRAM == 0 {
		largeRAM = amd64test.RAM(t, largeFrames*PageSize)
	}
	bootWith(t, largeRAM, largeFrames)
	if _, ok := Map(heap, blocks*size2M, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no heap")
	}
}

// touch writes to pages of the heap, one after the other, from block first to last, and
// expects each to be clear.
func touch(t *testing.T, first, last uint64) {
	t.Helper()
	for va := uintptr(heap + first*size2M); va < uintptr(heap+last*size2M); va += PageSize {
		tr, ok := translate(t, va)
		if !ok {
			if r := Fault(va+8, arch.FaultWrite); r != FaultServed {
				t.Fatalf("%#x: %v", va, r)
			}
			tr, _ = translate(t, va)
		}
		words := unsafe.Slice((*uint64)(unsafe.Pointer(Addr(tr.pa))), PageSize/8)
		for i, w := range words {
			if w != 0 {
				t.Fatalf("%#x is %#x in a new page", va+uintptr(i)*8, w)
			}
			words[i] = ^uint64(0)
		}
		if !tr.write || tr.exec || !Populated(uint64(va)) {
			t.Fatalf("%#x is %+v", va, tr)
		}
	}
}

// larges tells of each block whether it is a large page.
func larges(n int) (list string) {
	for i := range n {
		if large(heap+uintptr(i)*size2M) != nil {
			list += "L"
		} else {
			list += "."
		}
	}
	return list
}

// TestLargePages: a heap that grows gets them from the fifth block on while half of the
// memory is free, and clear. One that is given back is in no page table, and all its
// memory is free.
func TestLargePages(t *testing.T) {
	for range 2 {
		bootLarge(t, 16)
		free, faults := Stats().Free, Faults()
		touch(t, 0, 16)
		if got := larges(16); got != "....LLLLLLLL...." {
			t.Errorf("large: %s", got)
		}
		visit(heap+4*size2M, size2M, func(_ *uint64, va uintptr) { t.Fatalf("a page of 4 KiB is at %#x", va) })
		// 12 MiB by 8 tables, and one for each large page.
		if used := free - Stats().Free; used != 16*size2M+18*PageSize {
			t.Errorf("%d bytes are used, beyond pages %d frames", used, (used-16*size2M)/PageSize)
		}
		if n := Faults() - faults; n != 16*size2M/PageSize {
			t.Errorf("%d pages are populated", n)
		}
		if !Unmap(heap, 16*size2M) || Stats().Free != free || tables(m.root, topBit) != 1 || m.spare != 0 {
			t.Errorf("%d bytes are free, %d were; %d tables, spare %#x", Stats().Free, free, tables(m.root, topBit), m.spare)
		}
	}
}

// TestNoLargePages: for what is not the heap's, or small, or not populated throughout, or
// ends within the block.
func TestNoLargePages(t *testing.T) {
	const block = 5
	for name, spoil := range map[string]func(){
		"nothing":         nil,
		"end":             func() { Unmap(heap+(block+1)*size2M-PageSize, 16*size2M) },
		"beginning":       func() { Unmap(heap, 2*size2M) },
		"protection":      func() { Protect(heap+block*size2M, PageSize, ProtRead|ProtWrite|ProtExec) },
		"few pages":       func() { Discard(heap+(block-1)*size2M, 129*PageSize) },
		"an empty block":  func() { Discard(heap+(block-2)*size2M, size2M) },
		"half is in use":  func() { m.frames.alloc(12); m.frames.alloc(9) },
		"no whole blocks": func() { fragment() },
		"bump":            func() { m.frames.policy = Bump },
	} {
		bootLarge(t, 16)
		touch(t, 0, block)
		if spoil != nil {
			spoil()
		}
		r := m.regions.lookup(heap + (block+1)*size2M - 2*PageSize)
		if got, want := m.grows(r, heap+(block+1)*size2M-2*PageSize), spoil == nil; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	bootLarge(t, 16)
	const elsewhere = mmapBase + size1G
	Map(elsewhere, 8*size2M, ProtRead|ProtWrite, true)
	for va := uintptr(elsewhere); va < elsewhere+6*size2M; va += PageSize {
		if Fault(va, arch.FaultWrite); large(va) != nil {
			t.Fatalf("a large page is at %#x, where the heap is not", va)
		}
	}
}

// fragment leaves free a single frame of each block, of many.
func fragment() {
	var blocks []uint64
	for pa, ok := m.frames.alloc(largeOrder); ok; pa, ok = m.frames.alloc(largeOrder) {
		blocks = append(blocks, pa)
	}
	for _, pa := range blocks {
		m.frames.split(pa)
		for i := range uint64(511) {
			m.frames.freeFrame(pa + i*PageSize)
		}
	}
}

// TestDivide: what changes a part of a large page leaves the rest as it was, and the
// processor has heard of it.
func TestDivide(t *testing.T) {
	const at, n = heap + 5*size2M + 7*PageSize, 3 * PageSize
	for name, c := range map[string]struct {
		change func() bool
		prot   Prot // of these pages afterwards, and
		text   uint64
	}{
		"discard": {func() bool { Discard(at, n); return true }, ProtRead | ProtWrite, 0},
		"unmap":   {func() bool { return Unmap(at, n) }, ProtNone, 0},
		"protect": {func() bool { return Protect(at, n, ProtRead) == Done }, ProtRead, ^uint64(0)},
		"hide": {func() bool {
			return Protect(at, n, ProtNone) == Done && Protect(at, n, ProtRead|ProtWrite) == Done
		}, ProtRead | ProtWrite, ^uint64(0)},
		"map": {func() bool { _, ok := Map(at, n, ProtRead|ProtWrite, true); return ok }, ProtRead | ProtWrite, 0},
		"move": {func() bool {
			_, r := Move(at, n, n, true, mmapBase)
			back, r2 := Move(mmapBase, n, n, true, at)
			return r == Done && r2 == Done && back == at
		}, ProtRead | ProtWrite, ^uint64(0)},
	} {
		bootLarge(t, 8)
		free := Stats().Free
		touch(t, 0, 8)
		amd64test.Take()
		if !c.change() {
			t.Errorf("%s is refused", name)
		}
		if got := larges(8); got != "....L.LL" {
			t.Errorf("%s: large: %s", name, got)
		}
		if e := amd64test.Take(amd64test.Invalidate); len(e) < 2 || e[0].At != heap+5*size2M {
			t.Errorf("%s: the processor was not told of the large page first: %x", name, e)
		}
		for va := uintptr(heap + 4*size2M); va < heap+7*size2M; va += PageSize {
			prot, text := ProtRead|ProtWrite, ^uint64(0)
			if va >= at && va < at+n {
				prot, text = c.prot, c.text
			}
			tr, ok := translate(t, va)
			if !ok && (Fault(va, 0) == FaultServed) != (prot != ProtNone) {
				t.Fatalf("%s: the fault at %#x", name, va)
			}
			if tr, ok = translate(t, va); ok != (prot != ProtNone) || tr.write != (prot&ProtWrite != 0) || tr.exec {
				t.Fatalf("%s: %#x is %v %+v", name, va, ok, tr)
			}
			if w := (*uint64)(unsafe.Pointer(Addr(tr.pa))); ok && *w != text {
				t.Fatalf("%s: %#x reads %#x", name, va, *w)
			}
		}
		if !Unmap(heap, 8*size2M) || Stats().Free != free || m.spare != 0 {
			t.Errorf("%s: %d bytes are free, %d were", name, Stats().Free, free)
		}
	}
}

// TestLargeMeanwhile: while a large page is cleared, no lock is held. It is for nothing if
// the block is populated when it is clear, or is not the heap's any more.
func TestLargeMeanwhile(t *testing.T) {
	const va = heap + 4*size2M + 5*PageSize
	for name, change := range map[string]func(){
		"unmapped":  func() { Unmap(heap+4*size2M, size2M) },
		"protected": func() { Protect(heap+4*size2M, PageSize, ProtRead) },
		"populated": func() { walk(va, 12, true) },
		"large":     func() { m.enlarge(va) },
	} {
		bootLarge(t, 8)
		touch(t, 0, 4)
		m.lock.Lock()
		r := m.fault(va, arch.FaultWrite)
		if m.lock.Unlock(); r != faultLarge {
			t.Fatal(r)
		}
		change()
		free, spare := Stats().Free, m.spare
		if m.enlarge(va); Stats().Free != free || m.spare != spare {
			t.Errorf("%s: %d bytes are free, %d were", name, Stats().Free, free)
		}
		if r := Fault(va, arch.FaultWrite); (r == FaultServed) != (name != "unmapped") {
			t.Errorf("%s: then the fault is %v", name, r)
		}
	}
}

// TestLargeSpace is TestSpace behind a heap that has grown, where three blocks come and go,
// and parts of them.
func TestLargeSpace(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seen := 0
	for range 3 {
		bootLarge(t, grown)
		touch(t, 0, grown)
		free := Stats().Free
		p := &program{T: t, pages: map[uintptr]*page{}, tlb: map[uintptr]translation{}, base: heap + grown*size2M, apart: size2M, unit: size2M / 32}
		for range 1500 {
			switch from := r.IntN(programPages); r.IntN(12) {
			case 0:
				p.change(1, from&^31, from&^31+32, 0)
				p.change(0, from&^31, from&^31+32, ProtRead|ProtWrite)
			case 1:
				p.change(r.IntN(4), from, from+1+r.IntN(40), Prot(r.IntN(8)))
			default:
				p.access(from, r.IntN(2) == 0)
				if large(p.va(from)) != nil {
					seen++
				}
			}
		}
		for i := range 3 {
			p.change(1, i*32, i*32+32, 0)
		}
		if table := uint64(PageSize) << m.regionOrder; m.spare != 0 || Stats().Free < free-table+PageSize {
			t.Errorf("%d bytes are free, %d were", Stats().Free, free)
		}
	}
	if seen < 500 {
		t.Errorf("%d times a page was part of a large one", seen)
	}
}

// TestFrames: the frames of a heap are those that a processor finds, in large pages and in
// others, up to the first that is not there; nothing else has any.
func TestFrames(t *testing.T) {
	const blocks = 7
	bootLarge(t, blocks)
	touch(t, 0, blocks)
	if list := larges(blocks); !strings.Contains(list, "L") {
		t.Fatalf("no large page: %s", list)
	}
	for start := uintptr(heap); start < heap+blocks*size2M; start += 13 * PageSize {
		var to [17]uint64
		n := Frames(start+5, to[:])
		if want := min(len(to), int(heap+blocks*size2M-start)/PageSize); n != want {
			t.Fatalf("%d frames from %#x on, and not %d", n, start, want)
		}
		for i, pa := range to[:n] {
			if tr, ok := translate(t, start+uintptr(i)*PageSize); !ok || tr.pa != pa {
				t.Fatalf("%#x is at %#x, and not at %#x", start+uintptr(i)*PageSize, tr.pa, pa)
			}
		}
	}
	if n := Frames(Addr(largeRAM), make([]uint64, 1)); n != 0 {
		t.Error("the direct map is not the heap's")
	}
}

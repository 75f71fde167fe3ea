package mem

import (
	"testing"
	"unsafe"

	"yolk/arch"
	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/smp"
)

// These come last: the machine has two processors from here on.

// TestRelease has another processor, which is halted: what it may have a translation
// of is not free before it has been told.
func TestRelease(t *testing.T) {
	boot(t, 64)
	two(t)
	const va, n = 0x700000000000, 8 * PageSize
	if _, ok := Map(va, n, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	free := Stats().Free
	for at := uintptr(va); at < va+n; at += PageSize {
		if r := Fault(at, arch.FaultWrite); r != FaultServed {
			t.Fatal(r)
		}
	}
	Discard(va+1, n-1) // all but the first page
	if !Populated(va) || Populated(va+PageSize) || Populated(va+n-PageSize) {
		t.Error("not the pages that were discarded")
	}
	if !Unmap(va, n) || Stats().Free != free {
		t.Errorf("%d bytes free, before %d", Stats().Free, free)
	}
	if n := tables(m.root, 39); n != 1 {
		t.Errorf("%d tables are left", n)
	}
}

// TestReadyFrame: with several processors a page fault takes the frame that was cleared
// after the last one, which counts as free until then, and is the last there is.
func TestReadyFrame(t *testing.T) {
	boot(t, 64)
	const va, n = 0x700000000000, 64 * PageSize
	if _, ok := Map(va, n, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	two(t)
	at := uintptr(va)
	Fault(at, arch.FaultWrite)
	for r := FaultServed; r == FaultServed; {
		ready, free := m.ready[0], Stats().Free
		if ready == 0 {
			t.Fatalf("no frame is ready with %d bytes free", free)
		}
		for i, b := range unsafe.Slice((*byte)(unsafe.Pointer(Addr(ready))), PageSize) {
			if b != 0 {
				t.Fatalf("byte %d of it is %#x", i, b)
			}
		}
		at += PageSize
		r = Fault(at, arch.FaultWrite)
		if got := *walk(at, 12, false) & arch.PTEAddr; got != ready || Stats().Free != free-PageSize {
			t.Fatalf("the page has frame %#x, not %#x; %d bytes free, before %d", got, ready, Stats().Free, free)
		}
		fill(ready, 0xa5)
		if r == FaultShort && m.ready[0] == 0 {
			break // memory is short, and nothing is put by any more
		}
	}
	Unmap(va, n)
	if _, ok := Map(va, n, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	for at := uintptr(va); at < va+PageSize*8; at += PageSize { // frames that were used
		Fault(at, arch.FaultWrite)
		if b := *(*byte)(unsafe.Pointer(Addr(*walk(at, 12, false) & arch.PTEAddr))); b != 0 {
			t.Errorf("a page has %#x in it", b)
		}
	}
}

// fill writes a byte all over a frame.
func fill(pa uint64, b byte) {
	for i := range uintptr(PageSize) {
		*(*byte)(unsafe.Pointer(Addr(pa) + i)) = b
	}
}

// two makes the machine one of two processors, of which the other is halted.
func two(t *testing.T) {
	t.Helper()
	first := amd64.This()
	amd64test.Become(t, new(amd64.CPU), 1)
	smp.Join(1)
	smp.Idle()
	amd64test.Become(t, first, 0)
}

// TestSpaceOfTwo is TestSpace where frames are given back in the way of several
// processors.
func TestSpaceOfTwo(t *testing.T) {
	boot(t, 8)
	two(t)
	TestSpace(t)
}

// TestLargeSpaceOfTwo is TestLargeSpace with another processor.
func TestLargeSpaceOfTwo(t *testing.T) {
	boot(t, 8)
	two(t)
	TestLargeSpace(t)
}

// TestObjectsOfTwo is TestObjects with another processor.
func TestObjectsOfTwo(t *testing.T) {
	boot(t, 8)
	two(t)
	TestObjects(t)
}

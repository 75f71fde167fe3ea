package mem

import (
	"testing"

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

// TestObjectsOfTwo is TestObjects with another processor.
func TestObjectsOfTwo(t *testing.T) {
	boot(t, 8)
	two(t)
	TestObjects(t)
}

package mem

import (
	"testing"

	"yolk/arch"
	"yolk/kernel/abi"
)

// TestResident: pages that are populated are counted, by whose they are; large ones at once.
func TestResident(t *testing.T) {
	bootLarge(t, 16)
	touch(t, 0, 6) // the fifth and sixth block are large pages
	const end = heap + 16*size2M
	for _, c := range []struct {
		start, end uint64
		want       abi.Resident
	}{
		{heap, end, abi.Resident{Own: 6 * 512, Large: 2 * 512}},
		{heap + 5*size2M + PageSize, heap + 6*size2M - 2*PageSize, abi.Resident{Own: 509, Large: 509}},
		{heap + 6*size2M, end, abi.Resident{}},
		{0, heap, abi.Resident{}},
		{heap, heap, abi.Resident{}},
	} {
		c.want.Next = c.end
		if got := Resident(c.start, c.end); got != c.want {
			t.Errorf("[%#x, %#x): %+v, want %+v", c.start, c.end, got, c.want)
		}
	}
	touch(t, 6, 16)
	divideAll(end)
	if r := Resident(heap, end); r.Own != 16*512 || r.Large != 0 || r.Next != end {
		t.Errorf("divided: %+v", r)
	}
}

// divideAll makes small pages of all large ones up to end.
func divideAll(end uint64) {
	m.begin(heap, end-heap)
	m.divide(heap, end-heap)
	m.end()
}

// TestResidentOfFiles: pages of a file are its own, and written to if that may be; a private
// copy is the program's, and there all the same when it may not be accessed.
func TestResidentOfFiles(t *testing.T) {
	boot(t, 100)
	ObjectFrames(10)
	const at, n, file = 0x600000000, 4 * PageSize, 4 * PageSize
	o := NewObject(0, 0)
	o.Track()
	o.Resize(file)
	if va, ok := MapObject(at, n, o, 0, Shared, ProtRead|ProtWrite, true); !ok || va != at {
		t.Fatal("not mapped")
	}
	if _, ok := MapObject(at+n, n, o, 0, 0, ProtRead|ProtWrite, true); !ok {
		t.Fatal("not mapped")
	}
	for _, f := range []struct{ va, code uint64 }{
		{at, arch.FaultWrite}, {at + PageSize, 0}, {at + n, 0}, {at + n + PageSize, arch.FaultWrite},
	} {
		if r := Fault(uintptr(f.va), f.code); r != FaultServed {
			t.Fatalf("%#x: %v", f.va, r)
		}
	}
	want := abi.Resident{Next: at + 2*n, Own: 1, Lent: 3, Written: 1}
	if r := Resident(at, at+2*n); r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
	if Protect(at+n, n, ProtNone) != Done {
		t.Fatal("not protected")
	}
	want.Lent-- // a page of the file is not shown then
	if r := Resident(at, at+2*n); r != want {
		t.Errorf("without rights: %+v, want %+v", r, want)
	}
}

// TestResidentInParts: who holds the lock for it does not hold it long.
func TestResidentInParts(t *testing.T) {
	bootLarge(t, 40)
	start, end, pages, calls := uint64(heap), uint64(heap+40*size2M), uint64(0), 0
	for va := start; va < end; calls++ {
		for page := va; calls == 0 && page < va+33*size2M; page += size2M {
			walk(uintptr(page), 12, true) // a table without a page
		}
		r := Resident(va, end)
		if r.Next <= va || r.Next > end {
			t.Fatalf("%#x after %#x", r.Next, va)
		}
		va, pages = r.Next, pages+r.Own
	}
	if calls != 2 || pages != 0 {
		t.Errorf("%d calls, %d pages", calls, pages)
	}
}

package mem

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"
)

// newTable returns a table with room for n regions, in Go memory that keep
// holds on to.
func newTable(n int) (t *regionTable, keep []region) {
	keep = make([]region, n)
	return &regionTable{base: uintptr(unsafe.Pointer(&keep[0])), max: n}, keep
}

// A model is the protection of each page, 0 for none and p+1 otherwise.
type model [64]Prot

func (m *model) set(start, end int, v Prot) {
	for i := start; i < end; i++ {
		m[i] = v
	}
}

// check compares the table with the model and looks at its invariants.
func (m *model) check(t *testing.T, r *regionTable) {
	t.Helper()
	for i := range r.n {
		a := r.at(i)
		if a.start >= a.end {
			t.Fatalf("region %d is empty: %+v", i, *a)
		}
		if i > 0 {
			b := r.at(i - 1)
			if b.end > a.start || b.end == a.start && b.prot == a.prot {
				t.Fatalf("regions %+v and %+v overlap or should be one", *b, *a)
			}
		}
	}
	for page, want := range m {
		got := Prot(0)
		if a := r.lookup(uint64(page)*PageSize + 7); a != nil {
			got = a.prot + 1
		}
		if got != want {
			t.Fatalf("page %d: %d, want %d", page, got, want)
		}
	}
}

func apply(t *testing.T, r *regionTable, m *model, start, end int, v Prot) {
	if v == 0 {
		r.cut(uint64(start)*PageSize, uint64(end)*PageSize)
	} else {
		r.set(region{start: uint64(start) * PageSize, end: uint64(end) * PageSize, prot: v - 1})
	}
	m.set(start, end, v)
	m.check(t, r)
}

func TestRegions(t *testing.T) {
	r, keep := newTable(100)
	var m model
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		start := rnd.IntN(len(m))
		apply(t, r, &m, start, start+1+rnd.IntN(len(m)-start), Prot(rnd.IntN(4)))
		if start%16 == 0 { // growing moves the table
			bigger := make([]region, 100)
			r.move(uintptr(unsafe.Pointer(&bigger[0])), len(bigger))
			m.check(t, r)
			keep = bigger
		}
	}
	_ = keep
}

func TestRegionsFree(t *testing.T) {
	r, keep := newTable(10)
	r.set(region{start: 2 * PageSize, end: 4 * PageSize, prot: ProtRead})
	for _, c := range []struct {
		start, end uint64
		want       bool
	}{{0, 2, true}, {0, 3, false}, {3, 4, false}, {4, 9, true}, {1, 9, false}} {
		if got := r.free(c.start*PageSize, c.end*PageSize); got != c.want {
			t.Errorf("free(%d, %d) = %v", c.start, c.end, got)
		}
	}
	_ = keep
}

func FuzzRegions(f *testing.F) {
	f.Add([]byte{0, 10, 1, 5, 5, 0, 3, 20, 2})
	f.Fuzz(func(t *testing.T, ops []byte) {
		r, keep := newTable(100)
		var m model
		for ; len(ops) >= 3; ops = ops[3:] {
			start := int(ops[0]) % len(m)
			apply(t, r, &m, start, start+1+int(ops[1])%(len(m)-start), Prot(ops[2]%4))
		}
		_ = keep
	})
}

// TestPick: a place that was given back is used again, and one that is too small
// is passed over.
func TestPick(t *testing.T) {
	table, keep := newTable(8)
	defer runtime.KeepAlive(keep)
	s := &state{regions: *table}
	take := func(pages uint64) uint64 {
		va := s.pick(pages * PageSize)
		s.regions.set(region{start: va, end: va + pages*PageSize, prot: ProtRead})
		return (va - mmapBase) / PageSize
	}
	if a, b, c := take(1), take(2), take(4); a != 0 || b != 1 || c != 3 {
		t.Fatal(a, b, c)
	}
	s.regions.cut(mmapBase+PageSize, mmapBase+3*PageSize)
	if a, b, c := take(3), take(2), take(1); a != 7 || b != 1 || c != 10 {
		t.Error(a, b, c)
	}
	if va := s.pick(userEnd); va != 0 {
		t.Errorf("%#x for more than there is", va)
	}
}

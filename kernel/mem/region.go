package mem

import "unsafe"

// InHeap reports whether va lies where the Go heap is, and not what the runtime
// needs to know of it.
func InHeap(va uintptr) bool { return va < mmapBase }

// mmapBase is where mappings without a hint go; the Go heap's own hints
// (0xc000000000 and multiples of it, randomised) lie below.
const mmapBase = 0x700000000000

// A region is a stretch of the address space that is populated on demand.
type region struct {
	start, end uint64
	prot       Prot
}

const regionSize = unsafe.Sizeof(region{})

// regionTable holds the regions sorted by address, none overlapping, equal
// neighbours merged, in memory that its owner provides.
type regionTable struct {
	base   uintptr
	n, max int
}

// room is how many free entries set and cut must find: an insertion can split
// one region in two and be a third.
const room = 2

func (t *regionTable) at(i int) *region {
	return (*region)(unsafe.Pointer(t.base + uintptr(i)*regionSize))
}

// move continues the table at base, where max regions fit.
func (t *regionTable) move(base uintptr, max int) {
	old := *t
	t.base, t.max = base, max
	for i := range old.n {
		*t.at(i) = *old.at(i)
	}
}

// find returns the index of the first region that ends after va.
func (t *regionTable) find(va uint64) int {
	lo, hi := 0, t.n
	for lo < hi {
		mid := (lo + hi) / 2
		if t.at(mid).end <= va {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// lookup returns the region that holds va, or nil.
func (t *regionTable) lookup(va uint64) *region {
	if i := t.find(va); i < t.n && t.at(i).start <= va {
		return t.at(i)
	}
	return nil
}

func (t *regionTable) insert(i int, r region) {
	for k := t.n; k > i; k-- {
		*t.at(k) = *t.at(k - 1)
	}
	*t.at(i) = r
	t.n++
}

// delete removes the regions from i up to j.
func (t *regionTable) delete(i, j int) {
	for ; j < t.n; i, j = i+1, j+1 {
		*t.at(i) = *t.at(j)
	}
	t.n -= j - i
}

// cut removes [start, end) from all regions, splitting where needed.
func (t *regionTable) cut(start, end uint64) {
	i := t.find(start)
	if i < t.n && t.at(i).start < start {
		tail := region{end, t.at(i).end, t.at(i).prot}
		t.at(i).end = start
		i++
		if tail.start < tail.end {
			t.insert(i, tail)
			return
		}
	}
	j := i
	for j < t.n && t.at(j).end <= end {
		j++
	}
	t.delete(i, j)
	if i < t.n && t.at(i).start < end {
		t.at(i).start = end
	}
}

// splits reports whether to cut [start, end) out needs another entry.
func (t *regionTable) splits(start, end uint64) bool {
	r := t.lookup(start)
	return r != nil && r.start < start && r.end > end
}

// set makes [start, end) one region with protection p, replacing what was
// there and merging with equal neighbours.
func (t *regionTable) set(start, end uint64, p Prot) {
	t.cut(start, end)
	i := t.find(start)
	if i < t.n && t.at(i).start == end && t.at(i).prot == p {
		t.at(i).start = start
	} else {
		t.insert(i, region{start, end, p})
	}
	if i > 0 && t.at(i-1).end == start && t.at(i-1).prot == p {
		t.at(i - 1).end = t.at(i).end
		t.delete(i, i+1)
	}
}

// free reports whether no region overlaps [start, end).
func (t *regionTable) free(start, end uint64) bool {
	i := t.find(start)
	return i == t.n || t.at(i).start >= end
}

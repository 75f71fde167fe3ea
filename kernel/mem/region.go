package mem

import (
	"unsafe"

	"yolk/kernel/abi/assert"
	"yolk/kernel/klog"
)

// InHeap reports whether va lies where the Go heap is, and not what the runtime
// needs to know of it.
func InHeap(va uintptr) bool { return va < mmapBase }

// mmapBase is where mappings without a hint go; the Go heap's own hints
// (0xc000000000 and multiples of it, randomised) lie below.
const mmapBase = 0x700000000000

// A region is a stretch of the address space that is populated on demand.
type region struct {
	start, end uint64
	content
	prot Prot
}

// content is what a region shows: zero memory, or pages of an object.
type content struct {
	first  uint64 // the object's page at start
	object Object // 0: zero memory
	kind   Kind
}

// A Kind says how a region shows its object.
type Kind uint8

const (
	Shared   Kind = 1 << iota // writes go to the object, and not to a copy
	ReadOnly                  // the protection never allows writing
)

// after is c from n bytes on.
func (c content) after(n uint64) content {
	if c.object != 0 {
		c.first += n / PageSize
	}
	return c
}

// continues reports whether r and the region before it can be one.
func (r *region) continues(before *region) bool {
	return r.start == before.end && r.prot == before.prot && r.content == before.after(before.end-before.start)
}

const regionSize = unsafe.Sizeof(region{})

// regionTable holds the regions sorted by address, none overlapping, equal
// neighbours merged, in memory that its owner provides.
type regionTable struct {
	base   uintptr
	n, max int
}

// check asserts what the table is between two changes, of which the last was in [start, end).
// What is far from there it does not look at again, or a change would take as long as the
// table is.
func (t *regionTable) check(start, end uint64) {
	const far = 64
	klog.Assert(t.n >= 0 && t.n <= t.max)
	for i := max(t.find(start)-far, 0); i < min(t.find(end)+far, t.n); i++ {
		klog.Assert(t.at(i).start < t.at(i).end)
		klog.Assert(i == 0 || t.at(i-1).end <= t.at(i).start)
	}
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
		last := t.at(i).end
		if last > end {
			t.split(end)
		}
		t.at(i).end = start
		i++
		if last > end {
			return
		}
	}
	j := i
	for j < t.n && t.at(j).end <= end {
		j++
	}
	t.delete(i, j)
	if r := t.at(i); i < t.n && r.start < end {
		r.content = r.after(end - r.start)
		r.start = end
	}
	if assert.On {
		t.check(start, end)
	}
}

// split makes va a border between regions.
func (t *regionTable) split(va uint64) {
	i := t.find(va)
	if i == t.n || t.at(i).start >= va {
		return
	}
	r := t.at(i)
	tail := region{va, r.end, r.after(va - r.start), r.prot}
	r.end = va
	t.insert(i+1, tail)
}

// splits reports whether to cut [start, end) out needs another entry.
func (t *regionTable) splits(start, end uint64) bool {
	r := t.lookup(start)
	return r != nil && r.start < start && r.end > end
}

// set makes r a region, replacing what was there and merging with equal neighbours.
func (t *regionTable) set(r region) {
	t.cut(r.start, r.end)
	i := t.find(r.start)
	t.insert(i, r)
	t.join(i + 1)
	t.join(i)
	if assert.On {
		t.check(r.start, r.end)
	}
}

// join makes region i and the one before it one, if they can be, and reports whether
// it has.
func (t *regionTable) join(i int) bool {
	if i == 0 || i >= t.n || !t.at(i).continues(t.at(i-1)) {
		return false
	}
	t.at(i - 1).end = t.at(i).end
	t.delete(i, i+1)
	return true
}

// protect sets the protection of the regions in [start, end).
func (t *regionTable) protect(start, end uint64, p Prot) {
	t.split(start)
	t.split(end)
	i := t.find(start)
	for i < t.n && t.at(i).start < end {
		t.at(i).prot = p
		if !t.join(i) {
			i++
		}
	}
	t.join(i)
	if assert.On {
		t.check(start, end)
	}
}

// free reports whether no region overlaps [start, end).
func (t *regionTable) free(start, end uint64) bool {
	i := t.find(start)
	return i == t.n || t.at(i).start >= end
}

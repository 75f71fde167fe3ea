package mem

import (
	"sync/atomic"

	"yolk/kernel/abi"
)

// Resize sets the size in bytes. Pages beyond it go, in mappings as well. False: no
// frame is left for a table.
func (o Object) Resize(size uint64) bool {
	if size < *o.word(objectSize) {
		m.begin(0, userEnd)
	} else {
		m.begin(0, PageSize)
	}
	ok := o.resize(size)
	m.end()
	return ok
}

func (o Object) resize(size uint64) bool {
	old := o.pages()
	for n := (size + PageSize - 1) / PageSize; n > o.limit(); {
		pa, ok := frame()
		if !ok {
			return false
		}
		*entry(pa, 0) = *o.word(abi.ObjectRoot)
		*o.word(abi.ObjectRoot) = pa
		*o.word(abi.ObjectHeight)++
	}
	*o.word(objectSize) = size
	*o.word(objectBytes) = min(*o.word(objectBytes), size)
	if n := o.pages(); n < old {
		o.drop(n, old, everything)
	}
	return true
}

// Drop takes the pages [page, page+n) away, which then read as they did at first. What
// private mappings have copied of them stays.
func (o Object) Drop(page, n uint64) {
	m.begin(0, userEnd)
	if end := o.pages(); page < end {
		o.drop(page, page+min(n, end-page), borrowed)
	}
	m.end()
}

// remove serves Remove.
func (m *state) remove(va, n uint64) bool {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if va%PageSize != 0 || !within(va, n) {
		return false
	}
	r := m.regions.lookup(va)
	if r == nil || r.object == 0 || r.end < va+n || r.kind != Shared || r.prot&ProtWrite == 0 {
		return false
	}
	page := r.after(va - r.start).first
	if end := r.object.pages(); page < end {
		r.object.drop(page, min(page+n/PageSize, end), borrowed)
	}
	return true
}

// shown calls f for each part of a region that shows some of o's pages [from, to).
func (o Object) shown(from, to uint64, f func(r *region, va, n uint64)) {
	for i := range m.regions.n {
		r := m.regions.at(i)
		last := r.first + (r.end-r.start)/PageSize
		if a, b := max(from, r.first), min(to, last); r.object == o && a < b {
			f(r, r.start+(a-r.first)*PageSize, (b-a)*PageSize)
		}
	}
}

func (o Object) drop(from, to, what uint64) {
	// First no page fault finds them, then no mapping shows them, then they are free.
	o.visit(from, to, 0, func(e *uint64) { *e |= leaving })
	r := removing(what)
	o.shown(from, to, func(_ *region, va, n uint64) { r.detach(va, n) })
	r.flush()
	o.shown(from, to, func(_ *region, va, n uint64) { r.reap(va, n) })
	o.visit(from, to, 0, func(e *uint64) {
		pa := *e &^ (leaving | dirty)
		atomic.StoreUint64(e, 0)
		m.frames.freeFrame(pa)
		m.lentOut--
		*o.word(abi.ObjectFrames)--
	})
}

// Free gives o up. Mappings of it keep what it has until the last of them is gone.
func (o Object) Free() {
	m.lock.Lock()
	*o.word(objectNext), m.orphans = m.orphans, uint64(o)
	m.buryOrphans()
	m.lock.Unlock()
}

// bury frees the orphans that nothing maps any more.
func bury() {
	for link := &m.orphans; *link != 0; {
		o := Object(*link)
		if m.regions.shows(o) {
			link = o.word(objectNext)
			continue
		}
		*link = *o.word(objectNext)
		o.free()
	}
}

// shows reports whether a region is of o.
func (t *regionTable) shows(o Object) bool {
	for i := range t.n {
		if t.at(i).object == o {
			return true
		}
	}
	return false
}

// free frees frames and tables, the lowest first.
func (o Object) free() {
	m.lentOut -= *o.word(abi.ObjectFrames)
	for level := range *o.word(abi.ObjectHeight) + 1 {
		o.visit(0, o.limit(), level, func(e *uint64) {
			m.frames.freeFrame(*e &^ dirty)
			*e = 0
		})
	}
	m.frames.freeFrame(*o.word(abi.ObjectRoot))
	m.frames.freeFrame(uint64(o))
}

package mem

import (
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/abi"
)

// Which pages of an object were written to, for what the object is a copy of: shared
// mappings of one that is Tracked show pages without the right to write, until the first
// write to one marks the page (dirty) in the object's table. What read and write calls
// change is their own affair.

// dirty, in an entry of a table of frames.
const dirty = abi.ObjectDirty

// Track has o's pages marked when they are written to. Call it before o is mapped.
func (o Object) Track() { *o.word(objectTrack) = 1 }

// tracked reports whether o's pages are marked.
func (o Object) tracked() bool { return *o.word(objectTrack) != 0 }

// soil marks a page that has a frame.
func (o Object) soil(page uint64) {
	o.visit(page, page+1, 0, func(e *uint64) { atomic.StoreUint64(e, *e|dirty) })
}

// Clean finds the first marked page among n pages from one on, and takes the marks of
// it and of those behind it, up to the first that has none or to most. The next write to
// one of them marks it again. It returns the first and how many there were, and whether
// a mapping shows o.
func (o Object) Clean(page, n, most uint64) (first, count uint64, shown bool) {
	m.begin(0, userEnd)
	for end := min(page+n, o.pages(), o.limit()); page < end && count < most; page++ {
		marked := false
		o.visit(page, page+1, 0, func(e *uint64) {
			if marked = *e&dirty != 0; marked {
				atomic.StoreUint64(e, *e&^dirty)
			}
		})
		if marked && count == 0 {
			first = page
		}
		if marked {
			count++
		} else if count > 0 {
			break
		}
	}
	if count > 0 {
		o.protect(first, first+count)
	}
	shown = m.regions.shows(o)
	m.end()
	return first, count, shown
}

// protect takes the right to write from what shows the pages [from, to).
func (o Object) protect(from, to uint64) {
	var all span
	o.shown(from, to, func(r *region, va, n uint64) {
		if r.kind&Shared == 0 {
			return
		}
		bits := (r.prot &^ ProtWrite).bits()
		visit(va, n, func(e *uint64, va uintptr) {
			if *e&lent != 0 && *e&arch.PTEPresent != 0 {
				*e = *e&arch.PTEAddr | lent | bits
				arch.InvalidatePage(va)
				all.add(uint64(va), PageSize)
			}
		})
	})
	m.flush(all)
}

package mem

import (
	"yolk/arch"
	"yolk/kernel/smp"
)

// A removal takes pages from the address space: detach has page faults wait for them, flush
// has no processor keep a translation, and only then does reap free the frames. All that
// one call removes is flushed at once.
type removal struct {
	what  uint64 // marks of the pages that are removed
	owned uint64 // of those, what reap frees
	all   span   // what to flush
}

// What a removal takes: all of a range, or what objects lent to it.
const (
	everything = 0
	borrowed   = lent
)

// A span holds all addresses that a flush is for.
type span struct{ start, end uint64 }

// add makes s hold [va, va+n) as well.
func (s *span) add(va, n uint64) {
	if s.end == 0 {
		s.start = va
	}
	s.start, s.end = min(s.start, va), max(s.end, va+n)
}

// removing begins one. Where no other processor has to be told, reap does it all.
func removing(what uint64) removal {
	if arch.BroadcastTLB || smp.Count() == 1 {
		return removal{what: what, owned: arch.PTEPresent | parked}
	}
	return removal{what: what, owned: leaving}
}

// detach marks what is populated of [va, va+n).
func (r *removal) detach(va, n uint64) {
	m.divide(va, n)
	if r.owned != leaving {
		return
	}
	visit(va, n, func(e *uint64, va uintptr) {
		if *e&r.what == r.what {
			*e = *e&(arch.PTEAddr|lent) | leaving
			arch.InvalidatePage(va)
			r.all.add(uint64(va), PageSize)
		}
	})
}

// flush makes the other processors forget what was detached.
func (r *removal) flush() { m.flush(r.all) }

// reap takes what was detached of [va, va+n) out of the tables, and frees the frames that
// are not an object's.
func (r *removal) reap(va, n uint64) {
	visit(va, n, func(e *uint64, va uintptr) {
		old := *e
		if old&r.owned == 0 || old&r.what != r.what {
			return // populated meanwhile
		}
		*e = 0
		if r.owned != leaving {
			arch.InvalidatePage(va)
		}
		if old&lent == 0 {
			m.frames.freeFrame(old & arch.PTEAddr)
		}
	})
}

// release removes [va, va+n).
func release(va, n uint64) {
	r := removing(everything)
	r.detach(va, n)
	r.flush()
	r.reap(va, n)
}

// prune gives back the page tables that only [va, va+n) needed, which is in no
// region any more. A table may be reused when no processor can have the entry
// that led to it; until then they are chained by their first entries, which as
// addresses of frames are not present.
func prune(va, n uint64) {
	chain := uint64(0)
	for shift := uint(21); shift <= topBit; shift += 9 {
		for a, end := va>>shift<<shift, va+n; a < end; {
			e := walk(uintptr(a), shift, false)
			if e == nil { // nor is there any in the rest of the table that lacks
				a = (a>>(shift+9) + 1) << (shift + 9)
				continue
			}
			if table := *e & arch.PTEAddr; *e&arch.PTEPresent != 0 && m.regions.free(a, a+1<<shift) && blank(table) {
				*e = 0
				arch.InvalidatePage(uintptr(a))
				*entry(table, 0), chain = chain, table
			}
			a += 1 << shift
		}
	}
	if chain != 0 {
		m.flush(span{va, va + n}) // of any address: it drops entries of upper tables too
	}
	for chain != 0 {
		table := chain
		chain = *entry(table, 0)
		m.frames.freeFrame(table)
	}
}

// blank reports whether a page table has no entries.
func blank(table uint64) bool {
	for i := range uintptr(PageSize / 8) {
		if *entry(table, i) != 0 {
			return false
		}
	}
	return true
}

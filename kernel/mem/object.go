package mem

import (
	"sync/atomic"

	"yolk/kernel/abi"
)

// An Object is memory that is seen at several places at once: the content of a file.
// Whoever made it reads and writes its frames in the direct map, mappings show them,
// and a page has one frame, so that all agree. It is named by the physical
// address of its head, a frame whose words are:
//
//	abi.ObjectRoot    table of frames, each entry a frame's physical address or 0
//	abi.ObjectHeight  levels of tables above those of frames, as page tables have them
//	abi.ObjectFrames  pages that have a frame
//	objectSize        bytes
//	objectBase        where the bytes are that pages without a frame stand for,
//	objectBytes       and how many; zeros follow
//	objectNext        of the orphans
//	objectTrack       1 if it is to be known which pages were written to (clean.go)
//
// Frames are added by page faults on any CPU, under m.lock. All else is for the owner,
// one call at a time.
type Object uint64

// objects is how mem serves regions that show objects. It is in the data segment, as m.
var objects = objectCalls{fault: noObjects}

type objectCalls struct {
	fault func(r *region, e *uint64, va uintptr, code uint64) FaultResult
	copy  func(va uintptr) FaultResult
	has   func(o Object, page uint64) bool
	bury  func()
}

func noObjects(*region, *uint64, uintptr, uint64) FaultResult { return FaultBad }

// ServeObjects is called before the first NewObject, and links what it needs.
//
//yolk:goroutine
func ServeObjects() {
	objects = objectCalls{faultObject, copyPage, Object.has, bury}
}

const (
	objectSize = iota + abi.ObjectOwn
	objectBase
	objectBytes
	objectNext
	objectTrack
)

func (o Object) word(i uintptr) *uint64 { return entry(uint64(o), i) }

// pages returns the number of pages that o's size takes.
func (o Object) pages() uint64 { return (*o.word(objectSize) + PageSize - 1) / PageSize }

// NewObject returns an object without pages, which in its first n bytes reads as the
// memory at base, or 0 when no frame is left.
func NewObject(base, n uint64) Object {
	m.lock.Lock()
	o := newObject(base, n)
	m.lock.Unlock()
	return o
}

func newObject(base, n uint64) Object {
	head, ok := frame()
	if !ok {
		return 0
	}
	root, ok := frame()
	if !ok {
		m.frames.freeFrame(head)
		return 0
	}
	o := Object(head)
	*o.word(abi.ObjectRoot) = root
	*o.word(objectBase), *o.word(objectBytes) = base, n
	return o
}

// visit calls f for the entries of o's tables of a level that are not empty, for pages
// from up to to. Level 0 has the frames.
func (o Object) visit(from, to, level uint64, f func(e *uint64)) {
	for page := from; page < to; {
		table, l := *o.word(abi.ObjectRoot), *o.word(abi.ObjectHeight)
		for ; l > level; l-- {
			e := *entry(table, uintptr(page>>(9*l)&511))
			if e == 0 {
				break
			}
			table = e
		}
		if e := entry(table, uintptr(page>>(9*l)&511)); l == level && *e != 0 {
			f(e)
		}
		page = (page>>(9*l) + 1) << (9 * l)
	}
}

// limit returns how many pages o's tables have room for.
func (o Object) limit() uint64 { return 512 << (9 * *o.word(abi.ObjectHeight)) }

// has reports whether o has a frame for page.
func (o Object) has(page uint64) (found bool) {
	o.visit(page, min(page+1, o.limit()), 0, func(*uint64) { found = true })
	return found
}

// fill returns the frame of a page, which o gets if it has none.
func (o Object) fill(page uint64) (pa uint64, r FaultResult) {
	table := *o.word(abi.ObjectRoot)
	for l := *o.word(abi.ObjectHeight); l > 0; l-- {
		e := entry(table, uintptr(page>>(9*l)&511))
		if *e == 0 {
			pa, ok := frame()
			if !ok {
				return 0, FaultNoMem
			}
			atomic.StoreUint64(e, pa) // the frame is zero before it is seen
		}
		table = *e
	}
	e := entry(table, uintptr(page&511))
	switch {
	case *e&leaving != 0:
		return 0, faultWait
	case *e != 0:
		return *e &^ dirty, FaultServed
	case m.lentOut >= m.mostOut:
		return 0, FaultBus
	}
	pa, ok := frame()
	if !ok {
		return 0, FaultNoMem
	}
	if off, n := page*PageSize, *o.word(objectBytes); off < n {
		n = min(n-off, PageSize)
		copy(Bytes(Addr(pa), n), Bytes(uintptr(*o.word(objectBase)+off), n))
	}
	atomic.StoreUint64(e, pa) // after what is in it
	m.lentOut++
	*o.word(abi.ObjectFrames)++
	return pa, FaultServed
}

// Fill sees to it that o has frames for up to n pages from page on, and returns for how
// many it has: fewer when there are no more frames, or there may not be.
func (o Object) Fill(page, n uint64) (done uint64) {
	m.lock.Lock()
	for ; done < n && page+done < o.pages(); done++ {
		if _, r := o.fill(page + done); r != FaultServed {
			break
		}
	}
	m.lock.Unlock()
	return done
}

// ObjectFrames returns how many frames objects have, and sets how many they may have.
func ObjectFrames(most uint64) uint64 {
	m.lock.Lock()
	n := m.lentOut
	m.mostOut = most
	m.lock.Unlock()
	return n
}

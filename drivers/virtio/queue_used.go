package virtio

import (
	"fmt"
	"sync/atomic"
)

// Pop takes the next chain that the device has used: its id and, for a chain
// with segments to write, how many bytes were written, never more than were
// posted. Its descriptors are free again and its memory is the driver's. It
// returns false when there is none, or when the device broke a rule (see Err).
func (q *Queue) Pop() (id uint16, written uint32, ok bool) {
	if q.lastUsed == q.seenUsed && !q.look() {
		return 0, 0, false
	}
	e := &q.usedRing[q.lastUsed&q.mask]
	// Atomic, so that each is read exactly once: a device that changes the entry
	// between our check and our use gains nothing.
	rawID, n := atomic.LoadUint32(&e.id), atomic.LoadUint32(&e.len)
	if rawID >= uint32(len(q.shadow)) {
		return 0, 0, q.fail(ErrUsedID, rawID)
	}
	id = uint16(rawID)
	s := &q.shadow[id]
	if s.count == 0 {
		return 0, 0, q.fail(ErrNotOwned, rawID)
	}
	if n > s.writable {
		// A chain with nothing to write ought to come back with length 0, but
		// the number means nothing and devices are known to be careless.
		if s.writable != 0 {
			return 0, 0, q.fail(ErrUsedLen, n)
		}
		n = 0
	}
	q.lastUsed++
	q.reclaim(id, s)
	return id, n, true
}

// look reads the used index and reports whether there are entries to pop.
func (q *Queue) look() bool {
	if q.err != nil {
		return false
	}
	// Acquire: entries and buffer contents that the device wrote before the
	// index are visible after this load (2.7.14).
	idx := uint16(atomic.LoadUint32(q.used) >> 16)
	// The device cannot have used more chains than it was given. An index that
	// moves backwards shows up here too, as nearly 65536.
	if idx-q.lastUsed > q.inFlight {
		return q.fail(ErrUsedIndex, uint32(idx))
	}
	q.seenUsed = idx
	return idx != q.lastUsed
}

// reclaim puts the chain at id on the free list.
func (q *Queue) reclaim(id uint16, s *slot) {
	q.shadow[s.tail].next = q.free
	q.free = id
	q.numFree += s.count
	q.inFlight--
	s.count = 0
}

// fail stops the queue and returns false.
func (q *Queue) fail(cause error, got uint32) bool {
	q.err = fmt.Errorf("%w: got %d, queue size %d, %d in flight, position %d",
		cause, got, len(q.shadow), q.inFlight, q.lastUsed)
	q.seenUsed = q.lastUsed
	return false
}

// EnableInterrupt asks the device for an interrupt when it uses another chain.
// It returns true when there are used chains already: the device may have used
// them before it saw the request, so the caller must pop again.
func (q *Queue) EnableInterrupt() (pending bool) {
	if q.err != nil {
		return false
	}
	// The request must be visible before the used index is read again, for the
	// same reason as in Publish with the roles exchanged (2.7.7.1).
	if q.eventIdx {
		atomic.StoreUint32(q.usedEvent, uint32(q.lastUsed))
	} else {
		atomic.StoreUint32(q.avail, uint32(q.published)<<16)
	}
	return uint16(atomic.LoadUint32(q.used)>>16) != q.lastUsed
}

// DisableInterrupt asks for none. One that is on its way still arrives, and with
// event indices one more may come after 65535 uses: the request is only a hint
// (2.7.7).
func (q *Queue) DisableInterrupt() {
	if q.eventIdx {
		// An event the device has just passed; its flags stay 0 as the
		// specification demands.
		atomic.StoreUint32(q.usedEvent, uint32(q.lastUsed-1))
	} else {
		atomic.StoreUint32(q.avail, uint32(q.published)<<16|availNoInterrupt)
	}
}

// availFlags returns the flags that Publish must preserve. Only the driver
// writes the word.
func (q *Queue) availFlags() uint32 { return *q.avail & availNoInterrupt }

// Abandon calls f with the id of each chain still in flight and forgets them.
// The device must have been reset. The queue is of no use afterwards.
func (q *Queue) Abandon(f func(id uint16)) {
	for i := range q.shadow {
		if q.shadow[i].count != 0 {
			q.shadow[i].count = 0
			f(uint16(i))
		}
	}
	q.inFlight = 0
	if q.err == nil {
		q.err = fmt.Errorf("%w: abandoned", ErrRing)
	}
}

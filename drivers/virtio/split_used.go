package virtio

import (
	"sync/atomic"

	"yolk/kernel/abi/assert"
)

// Used implements Ring.
func (q *split[T]) Used(tokens []T, written []uint32) int {
	if assert.On && q.err == nil {
		q.check()
	}
	n := min(len(tokens), len(written), q.pending())
	if n == 1 && q.takeOne(&tokens[0], &written[0]) {
		return 1
	}
	for done := 0; done < n; {
		answers := q.usedRing[int(q.lastUsed)&(len(q.usedRing)-1):]
		answers = answers[:min(n-done, len(answers))]
		k := takeSplit(q.entries, answers, tokens[done:n], written[done:n], q.spare())
		q.top += k
		q.lastUsed += uint16(k)
		q.settle(k)
		if done += k; k < len(answers) {
			return done + q.usedSlow(tokens[done:n], written[done:n])
		}
	}
	return max(n, 0)
}

// takeOne takes a buffer of one descriptor back, or nothing if the answer is not one with
// a proper length.
func (q *split[T]) takeOne(token *T, written *uint32) bool {
	u := q.usedRing[int(q.lastUsed)&(len(q.usedRing)-1)]
	at := int(u.id) & (len(q.entries) - 1)
	e := &q.entries[at]
	if uint32(at) != u.id || !e.single(u.len) {
		return false
	}
	*token, *written = e.token, u.len
	q.giveID(uint16(at))
	q.lastUsed++
	q.settle(1)
	return true
}

// takeSplit takes buffers of one descriptor back, up to the first answer that is
// not one with a proper length, writes their ids to ids and returns how many. Lean
// and without index checks for the reasons of addSplit.
//
// Answers are read once, by plain loads: the Go memory model forbids a compiler
// to read again, so a device that changes one between the check and the use
// gains nothing.
func takeSplit[T any](entries []entry[T], answers []usedElem, tokens []T, written []uint32, ids []uint16) int {
	size := len(entries)
	if size == 0 {
		return 0
	}
	tokens, written, ids = tokens[:len(answers)], written[:len(answers)], ids[:len(answers)]
	for i := range answers {
		u := answers[i]
		at := int(u.id) & (size - 1)
		e := &entries[at]
		if uint32(at) != u.id || !e.single(u.len) {
			return i
		}
		e.state = 0
		ids[i] = uint16(at)
		tokens[i], written[i] = e.token, u.len
	}
	return len(answers)
}

// usedSlow is Used for what is not a buffer of one descriptor and a proper
// length: chains, careless lengths, and lies.
func (q *split[T]) usedSlow(tokens []T, written []uint32) int {
	for i := range tokens {
		u := q.usedRing[int(q.lastUsed)&(len(q.usedRing)-1)]
		if u.id >= uint32(len(q.entries)) {
			q.fail(ErrUsedID, u.id, int(q.lastUsed))
			return i
		}
		e := &q.entries[u.id]
		if e.count() == 0 {
			q.fail(ErrNotOwned, u.id, int(q.lastUsed))
			return i
		}
		n, ok := plausible(u.len, e.writable())
		if !ok {
			q.fail(ErrUsedLen, u.len, int(q.lastUsed))
			return i
		}
		tokens[i], written[i] = e.token, n
		q.reclaim(uint16(u.id), e)
		q.lastUsed++
	}
	return len(tokens)
}

// reclaim frees the descriptors of the chain at id.
func (q *split[T]) reclaim(id uint16, e *entry[T]) {
	count := int(e.count())
	if count == indirectCount {
		q.indirect.give(e.link())
		count = 1
	}
	q.inFlight--
	q.numFree += count
	for range count {
		next := q.entries[id].link()
		q.giveID(id)
		id = next
	}
}

// pending returns how many buffers the device says it has used.
func (q *split[T]) pending() int {
	if q.err != nil {
		return 0
	}
	// Acquire: entries and buffer contents that the device wrote before the
	// index are visible after this load (2.7.14).
	idx := uint16(atomic.LoadUint32(q.used) >> 16)
	n := int(idx - q.lastUsed)
	// The device cannot have used more buffers than it was given. An index that
	// moves backwards shows up here too, as nearly 65536.
	if n > q.inFlight {
		q.fail(ErrUsedIndex, uint32(idx), int(q.lastUsed))
		return 0
	}
	return n
}

// EnableInterrupt implements Ring.
func (q *split[T]) EnableInterrupt() (pending bool) {
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

// DisableInterrupt implements Ring.
func (q *split[T]) DisableInterrupt() {
	if q.eventIdx {
		// An event the device has just passed; its flags stay 0 as the
		// specification demands.
		atomic.StoreUint32(q.usedEvent, uint32(q.lastUsed-1))
	} else {
		atomic.StoreUint32(q.avail, uint32(q.published)<<16|availNoInterrupt)
	}
}

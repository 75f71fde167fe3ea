package virtio

import (
	"sync/atomic"

	"yolk/kernel/abi/assert"
)

// Used implements Ring. The device answers where its next buffer's descriptors
// started, with the id of whichever it has finished; each answer covers as many
// places as that buffer had (2.8.2).
func (q *packed[T]) Used(tokens []T, written []uint32) int {
	if assert.On && q.err == nil {
		q.check()
	}
	n := min(len(tokens), len(written))
	if q.err != nil {
		return 0
	}
	for done := 0; done < n; {
		answers := q.desc[int(q.lastUsed)&(len(q.desc)-1):]
		answers = answers[:min(n-done, len(answers))]
		k := takePacked(q.entries, answers, tokens[done:n], written[done:n], q.spare(), q.usedFlags(q.lastUsed))
		q.top += k
		q.lastUsed += uint32(k)
		q.settle(k)
		if done += k; k < len(answers) {
			return done + q.usedSlow(tokens[done:n], written[done:n])
		}
	}
	return n
}

// takePacked takes buffers of one descriptor back, up to the first place without
// an answer or with one that is not such a buffer's with a proper length, writes
// their ids to ids and returns how many. Lean and without index checks for the
// reasons of addSplit.
func takePacked[T any](entries []entry[T], answers []packedDesc, tokens []T, written []uint32, ids []uint16, used uint32) int {
	size := len(entries)
	if size == 0 {
		return 0
	}
	tokens, written, ids = tokens[:len(answers)], written[:len(answers)], ids[:len(answers)]
	for i := range answers {
		d := &answers[i]
		// Acquire: the answer's length and the buffer's contents, written
		// before the flags, are visible after this load. Both are read once,
		// so a device that changes one later gains nothing; and the length only
		// when there is an answer, because the device may be writing it.
		word := atomic.LoadUint32(&d.word)
		if word&packedBoth != used {
			return i
		}
		length := d.len
		at := int(word&0xffff) & (size - 1)
		e := &entries[at]
		if uint32(at) != word&0xffff || !e.single(length) {
			return i
		}
		e.state = 0
		ids[i] = uint16(at)
		tokens[i], written[i] = e.token, length
	}
	return len(answers)
}

// usedFlags is what AVAIL and USED read in an answer at a position.
func (q *packed[T]) usedFlags(position uint32) uint32 {
	if position&uint32(len(q.desc)) == 0 {
		return packedBoth
	}
	return 0
}

// usedSlow is Used for what is not a buffer of one descriptor and a proper
// length: chains, careless lengths, and lies. An answer where no buffer is in
// flight, or repeated, or in the wrong lap, names an id that is not in flight.
func (q *packed[T]) usedSlow(tokens []T, written []uint32) int {
	for i := range tokens {
		place := int(q.lastUsed) & (len(q.desc) - 1)
		d := &q.desc[place]
		word := atomic.LoadUint32(&d.word)
		if word&packedBoth != q.usedFlags(q.lastUsed) {
			return i
		}
		id, length := word&0xffff, d.len
		if id >= uint32(len(q.entries)) {
			q.fail(ErrUsedID, id, place)
			return i
		}
		e := &q.entries[id]
		if e.count() == 0 {
			q.fail(ErrNotOwned, id, place)
			return i
		}
		n, ok := plausible(length, e.writable())
		if !ok {
			q.fail(ErrUsedLen, length, place)
			return i
		}
		tokens[i], written[i] = e.token, n
		q.reclaim(uint16(id), e)
	}
	return len(tokens)
}

// reclaim frees the descriptors of a buffer.
func (q *packed[T]) reclaim(id uint16, e *entry[T]) {
	count := int(e.count())
	if count == indirectCount {
		q.indirect.give(e.link())
		count = 1
	}
	q.giveID(id)
	q.inFlight--
	q.numFree += count
	q.lastUsed += uint32(count)
}

// EnableInterrupt implements Ring.
func (q *packed[T]) EnableInterrupt() (pending bool) {
	if q.err != nil {
		return false
	}
	size := uint32(len(q.desc))
	event := uint32(eventEnable)
	if q.eventIdx {
		event = eventDesc | q.lastUsed&(size-1)
		if q.lastUsed&size == 0 {
			event |= eventWrap
		}
	}
	// The request must be visible before the next answer is looked for, for
	// the same reason as in Publish with the roles exchanged.
	atomic.StoreUint32(q.driverEvent, event)
	word := atomic.LoadUint32(&q.desc[int(q.lastUsed)&int(size-1)].word)
	return word&packedBoth == q.usedFlags(q.lastUsed)
}

// DisableInterrupt implements Ring.
func (q *packed[T]) DisableInterrupt() { atomic.StoreUint32(q.driverEvent, eventDisable) }

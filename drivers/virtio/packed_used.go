package virtio

import "sync/atomic"

// Used implements Ring. The device answers where its next buffer's descriptors
// started, with the id of whichever it has finished; each answer covers as many
// places as that buffer had (2.8.2).
func (q *packed[T]) Used(tokens []T, written []uint32) int {
	limit := min(len(tokens), len(written))
	desc := q.desc
	size := len(desc)
	if limit <= 0 || size == 0 || q.err != nil {
		return 0
	}
	tokens, written = tokens[:limit], written[:limit]
	entries, ids := q.entries[:size], q.ids[:size]
	last, tail := q.lastUsed, q.idTail
	want := q.usedFlags(last)
	n := 0
	for n < len(tokens) {
		d := &desc[int(last)&(size-1)]
		// Acquire: the answer's length and the buffer's contents, written
		// before the flags, are visible after this load. Entries are read
		// once, so a device that changes one later gains nothing.
		word := atomic.LoadUint32(&d.word)
		if word&packedBoth != want {
			break
		}
		at := int(word&0xffff) & (size - 1)
		length := d.len
		e := &entries[at]
		if uint32(at) != word&0xffff || !e.single(length) {
			q.lastUsed, q.idTail = last, tail
			q.settle(n)
			return n + q.usedSlow(tokens[n:], written[n:])
		}
		e.state = 0
		tokens[n], written[n] = e.token, length
		n++
		ids[int(tail)&(size-1)] = uint16(at)
		tail++
		if last++; int(last)&(size-1) == 0 {
			want ^= packedBoth
		}
	}
	q.lastUsed, q.idTail = last, tail
	q.settle(n)
	return n
}

// settle counts n buffers of one descriptor each as back.
func (q *packed[T]) settle(n int) {
	q.inFlight -= n
	q.numFree += n
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
	e.state = 0
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

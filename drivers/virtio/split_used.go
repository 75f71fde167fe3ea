package virtio

import "sync/atomic"

// Used implements Ring. Entries are read once, by a plain load: the Go memory
// model forbids a compiler to read again, so a device that changes an entry
// between the check and the use gains nothing.
func (q *split[T]) Used(tokens []T, written []uint32) int {
	n := min(len(tokens), len(written), q.pending())
	size := len(q.usedRing)
	if n <= 0 || size == 0 {
		return 0
	}
	tokens, written = tokens[:n], written[:n]
	ring, entries, ids := q.usedRing[:size], q.entries[:size], q.ids[:size]
	used, tail := q.lastUsed, q.idTail
	for i := range tokens {
		u := ring[int(used)&(size-1)]
		at := int(u.id) & (size - 1)
		e := &entries[at]
		if uint32(at) != u.id || !e.single(u.len) {
			q.lastUsed, q.idTail = used, tail
			q.settle(i)
			return i + q.usedSlow(tokens[i:], written[i:])
		}
		e.state = 0
		tokens[i], written[i] = e.token, u.len
		ids[int(tail)&(size-1)] = uint16(at)
		tail++
		used++
	}
	q.lastUsed, q.idTail = used, tail
	q.settle(n)
	return n
}

// settle counts n buffers of one descriptor each as back.
func (q *split[T]) settle(n int) {
	q.inFlight -= n
	q.numFree += n
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
		q.entries[id].state = 0
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

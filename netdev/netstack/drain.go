package netstack

import (
	"time"

	"gvisor.dev/gvisor/pkg/sync"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// How the backlog's goroutine waits for room in the device's queue: first by letting
// others run, then by sleeping, longer and longer, which halts an idle processor.
// What a device has not taken after patience without progress is dropped, as a
// network may.
const (
	yields   = 8
	napMin   = 50 * time.Microsecond
	napMax   = 10 * time.Millisecond
	patience = 250 * time.Millisecond
)

// congestion is the backlog's length from which on connections hold back: enough to
// keep the device busy until the goroutine looks again.
const congestion = burst

// Congested reports whether a queue of the device is slower than who sends. A connection then
// has no more than a segment under way (boot/overlay/gvisor.go), so that the
// backlog holds a little of each and not all of one.
func (e *Endpoint) Congested() bool {
	for _, l := range e.lanes {
		if l.tx.depth.Load() >= congestion {
			return true
		}
	}
	return false
}

// WaitRoom blocks while a backlog is half full, for at most a quarter of a second
// without progress. For senders whose packets nobody acknowledges, with no lock held
// that the stack needs.
func (e *Endpoint) WaitRoom() {
	for _, l := range e.lanes {
		l.tx.waitRoom()
	}
}

func (t *transmitter) waitRoom() {
	const half = backlogSize / 2
	if t.depth.Load() < half {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.waiting.count >= half && !t.closed {
		t.room.Wait()
	}
}

// startDrain wakes the goroutine that empties batch and backlog; mu is held.
func (t *transmitter) startDrain() {
	if !t.draining {
		t.draining = true
		go t.drain()
	}
	t.work.Signal()
}

// drain runs from the first time that something has to wait until the endpoint is
// closed.
func (t *transmitter) drain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	nap, tries, last := napMin, 0, time.Now()
	for !t.closed {
		before := t.left()
		if before == 0 {
			t.work.Wait()
			nap, tries, last = napMin, 0, time.Now()
			continue
		}
		t.advance()
		switch {
		case t.left() < before:
			nap, tries, last = napMin, 0, time.Now()
		case time.Since(last) > patience:
			t.discard()
		}
		t.mu.Unlock()
		if tries++; tries <= yields {
			sync.Goyield()
		} else {
			time.Sleep(nap)
			nap = min(2*nap, napMax)
		}
		t.mu.Lock()
	}
}

// left is how many packets wait; mu is held.
func (t *transmitter) left() int { return t.queued + t.waiting.count }

// advance moves what it can from the backlog to the device; mu is held.
func (t *transmitter) advance() {
	t.push()
	for t.waiting.count > 0 && t.put(t.waiting.front()) {
		t.waiting.pop()
	}
	t.push()
	if t.left() > 0 && t.dev.State() == netdev.Failed {
		t.failed()
	}
	t.depth.Store(int32(t.waiting.count))
	t.room.Broadcast()
}

// close ends the goroutine and who waits for it; mu is held.
func (t *transmitter) close() {
	t.closed = true
	t.discard()
	t.work.Broadcast()
}

// discard frees what has not been sent and counts it, and lets senders go on; mu is
// held.
func (t *transmitter) discard() {
	t.dropped.Add(uint64(t.queued + t.waiting.count))
	netbuf.FreeBurst(t.batch[:t.queued])
	t.queued = 0
	for t.waiting.count > 0 {
		t.waiting.pop()
	}
	t.depth.Store(0)
	t.room.Broadcast()
}

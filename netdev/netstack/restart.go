package netstack

import (
	"time"

	"yolk/netdev"
)

// Bounds of the pause between resets of a failed device: one that keeps breaking
// the rules must not keep the processor.
const (
	restartMin = 10 * time.Millisecond
	restartMax = 5 * time.Second
)

// A failed device raises no interrupt, so whoever notices must reset it, and nobody
// may be inside a burst then, of any lane. A receiver notices when a poll comes back
// empty; it takes polling for itself when the others have noticed, too, or sleep, and
// waits for each tx.mu. A sender notices when its burst is not taken; it holds its tx.mu
// and must not wait for polling (a receiver may be waiting for tx.mu, with a packet to
// answer). If it does not get polling at once a receiver is awake and will notice. If the
// last reset was too recent it comes back later, for there may be no other sender.

// pause is a receiver's answer to a failed device; it shares polling. A device that has
// left may stay away for long: the processor shall rest, and Close not wait.
func (l *lane) pause() {
	e := l.e
	time.Sleep(max(min(time.Until(e.retryAt), resetPoll), restartMin))
	e.polling.RUnlock()
	e.polling.Lock()
	e.restart(nil)
	e.polling.Unlock()
	e.polling.RLock()
}

// senderFailed is a sender's; it holds the lane's tx.mu.
func (l *lane) senderFailed() {
	e := l.e
	if !e.polling.TryLock() {
		return
	}
	defer e.polling.Unlock()
	if !e.restart(l) {
		l.later()
	}
}

// later has a failed device looked at again when it may be reset; polling is held alone.
func (l *lane) later() {
	e := l.e
	if e.closed.Load() || e.dev.State() != netdev.Failed || e.retrying.Swap(true) {
		return
	}
	time.AfterFunc(max(time.Until(e.retryAt), restartMin), func() {
		l.tx.mu.Lock()
		defer l.tx.mu.Unlock()
		e.retrying.Store(false)
		if e.dev.State() == netdev.Failed && !e.closed.Load() {
			l.senderFailed()
		}
	})
}

// restart resets the failed device unless the last reset was too recent. It needs
// polling alone, and the tx.mu of own or, if that is nil, none, and reports whether the
// device runs again.
func (e *Endpoint) restart(own *lane) bool {
	e.lockSenders(own)
	defer e.unlockSenders(own)
	now := time.Now()
	if e.dev.State() != netdev.Failed || now.Before(e.retryAt) {
		return false
	}
	if now.Sub(e.retryAt) > restartMax {
		e.backoff = 0 // it behaved for a while
	}
	e.backoff = min(max(2*e.backoff, restartMin), restartMax)
	e.retryAt = now.Add(e.backoff)
	if e.dev.Restart() != nil {
		return false
	}
	e.restarts.Add(1)
	// Receivers sleep, with interrupts enabled that the reset has undone. What has come
	// since waits for them.
	for _, l := range e.lanes {
		e.dev.Wake(l.queue)
	}
	return true
}

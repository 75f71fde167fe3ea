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

// A failed device raises no interrupt, so whoever notices must reset it, and
// neither side may be inside a burst then. The receiver notices when a poll comes
// back empty; it holds polling and waits for tx.mu. A sender notices when its
// burst is not taken; it holds tx.mu and must not wait for polling (the receiver
// may be waiting for tx.mu, with a packet to answer). If it does not get polling
// at once the receiver is awake and will notice. If the last reset was too recent
// it comes back later, for there may be no other sender.

// pause is the receiver's answer to a failed device. One that has left may stay away
// for long: the processor shall rest, and Close not wait.
func (e *Endpoint) pause() {
	e.tx.mu.Lock()
	wait := min(time.Until(e.retryAt), resetPoll)
	e.tx.mu.Unlock()
	time.Sleep(max(wait, restartMin))
	e.tx.mu.Lock()
	defer e.tx.mu.Unlock()
	e.restart()
}

// senderFailed is the sender's; it holds tx.mu.
func (e *Endpoint) senderFailed() {
	if !e.polling.TryLock() {
		return
	}
	defer e.polling.Unlock()
	if !e.restart() {
		e.later()
		return
	}
	// The receiver sleeps, with an interrupt enabled that the reset has undone. What
	// has come since waits for it.
	e.dev.Wake(0)
}

// later has a failed device looked at again when it may be reset; tx.mu is held.
func (e *Endpoint) later() {
	if e.pending || e.closed.Load() || e.dev.State() != netdev.Failed {
		return
	}
	e.pending = true
	time.AfterFunc(max(time.Until(e.retryAt), restartMin), func() {
		e.tx.mu.Lock()
		defer e.tx.mu.Unlock()
		e.pending = false
		if e.dev.State() == netdev.Failed && !e.closed.Load() {
			e.senderFailed()
		}
	})
}

// restart resets the failed device unless the last reset was too recent. It needs
// polling and tx.mu and reports whether the device runs again.
func (e *Endpoint) restart() bool {
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
	return true
}

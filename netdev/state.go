package netdev

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// State is where a device stands in its life.
type State uint32

const (
	// Unprobed: found, not yet spoken to.
	Unprobed State = iota
	// Unconfigured: reset and identified; Info is known, no queue exists.
	Unconfigured
	// Configured: features agreed, rings and buffers allocated, device idle.
	Configured
	// Running: the device may move packets.
	Running
	// Failed: the device broke the rules of its interface and was stopped.
	// Bursts move nothing. Restart resets it, Close gives it up.
	Failed
)

var stateNames = [...]string{"unprobed", "unconfigured", "configured", "running", "failed"}

// String gives the state's name as used in errors and in DESIGN.md D7.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint32(s))
}

// ErrState is the cause of every error for a call in the wrong state.
var ErrState = errors.New("netdev: wrong device state")

// StateError says which transition was refused. It wraps ErrState.
type StateError struct{ From, To State }

func (e *StateError) Error() string {
	return fmt.Sprintf("netdev: device cannot go from %v to %v", e.From, e.To)
}

func (e *StateError) Unwrap() error { return ErrState }

// legal[from] has bit `to` set for each transition a device may make.
var legal = [...]uint{
	Unprobed:     1 << Unconfigured,
	Unconfigured: 1<<Configured | 1<<Unprobed,
	Configured:   1<<Running | 1<<Unprobed,
	Running:      1<<Failed | 1<<Unprobed,
	Failed:       1<<Configured | 1<<Unprobed,
}

// Lifecycle is the state machine that drivers embed. The zero value is Unprobed.
// State may be called from anywhere; Enter is safe against concurrent Enter
// (one of two conflicting transitions gets an error).
type Lifecycle struct{ state atomic.Uint32 }

// State returns the device's present state.
func (l *Lifecycle) State() State { return State(l.state.Load()) }

// Enter is the only way from one state to another. A transition that the state
// machine does not have leaves the state as it is and returns a StateError.
func (l *Lifecycle) Enter(to State) error {
	for {
		from := l.State()
		if legal[from]&(1<<to) == 0 {
			return &StateError{From: from, To: to}
		}
		if l.state.CompareAndSwap(uint32(from), uint32(to)) {
			return nil
		}
	}
}

// Expect returns a StateError unless going to `to` would be legal now. Drivers
// call it before they touch hardware, and Enter once the work is done.
func (l *Lifecycle) Expect(to State) error {
	if from := l.State(); legal[from]&(1<<to) == 0 {
		return &StateError{From: from, To: to}
	}
	return nil
}

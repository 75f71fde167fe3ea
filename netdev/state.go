package netdev

import (
	"errors"
	"fmt"
)

// State is where a device stands in its life.
type State uint32

const (
	// Unprobed: found, not yet spoken to.
	Unprobed State = iota
	// Unconfigured: reset and identified; Info is known, no queue exists.
	Unconfigured
	// Configured: offloads agreed, device idle; each queue is to be configured.
	Configured
	// Running: the device may move packets.
	Running
	// Failed: the device broke the rules of its interface and was stopped.
	// Bursts move nothing. Restart resets it, Close gives it up.
	Failed
)

var stateNames = [...]string{"unprobed", "unconfigured", "configured", "running", "failed"}

// String gives the state's name as errors have it.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint32(s))
}

// Errors, wrapped with the device and the details.
var (
	ErrState       = errors.New("netdev: wrong device state")
	ErrConfig      = errors.New("netdev: impossible configuration")
	ErrNoQueue     = errors.New("netdev: no such queue")
	ErrUnsupported = errors.New("netdev: the device cannot do that")
)

// StateError says which call was refused in which state. It wraps ErrState.
type StateError struct {
	Device string // as Device.Name
	Call   string
	State  State  // the device's
	Want   State  // what the call needs
	Do     string // what to do about it
	Cause  error  // why the device failed, if it did
}

// Error says all of it.
func (e *StateError) Error() string {
	text := fmt.Sprintf("%s: %s: the device is %v, not %v; %s", e.Device, e.Call, e.State, e.Want, e.Do)
	if e.Cause != nil {
		text += fmt.Sprintf(" (it failed: %v)", e.Cause)
	}
	return text
}

// Unwrap makes it an ErrState, and a case of what the device failed of.
func (e *StateError) Unwrap() []error {
	if e.Cause != nil {
		return []error{ErrState, e.Cause}
	}
	return []error{ErrState}
}

// advice tells how to get from one state to another.
func advice(from, to State) string {
	steps := [...]string{"Probe", "Configure", "Start"}
	switch {
	case from == Failed && to == Running:
		return "call Restart, or Close to give it up"
	case from == Failed:
		return "call Close first"
	case from == to:
		return "this is a bug of netdev"
	case to == Failed:
		return "only a device that broke its rules is restarted"
	case from > to:
		return "call Close first, which makes it unprobed"
	}
	text := "call " + steps[from]
	for _, s := range steps[from+1 : to] {
		text += ", " + s
	}
	return text + " first"
}

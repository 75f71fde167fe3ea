package socket

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// drainLimit bounds how long the end of a program is held up. A peer on a sane
// network acknowledges in milliseconds; two retransmissions fit in.
const drainLimit = 2 * time.Second

// drainStep is how often Drain looks whether peers have acknowledged.
const drainStep = time.Millisecond

// Drain ends all connections as the end of a process does, with what was
// written to them delivered, and waits until the peers have it, at most limit.
// It reports whether they do. A machine that stops without it loses what is
// still in its send buffers. It is called when the program ends; sockets must
// not be used any more.
func (s *Stack) Drain(limit time.Duration) bool {
	for _, e := range s.net.RegisteredEndpoints() {
		if ep, ok := e.(*tcp.Endpoint); ok && undelivered(ep) {
			ep.Close()
		}
	}
	for end := time.Now().Add(limit); ; time.Sleep(drainStep) {
		if !s.pending() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// pending says whether any connection has bytes or its end to deliver.
func (s *Stack) pending() bool {
	for _, e := range s.net.RegisteredEndpoints() {
		if ep, ok := e.(*tcp.Endpoint); ok && undelivered(ep) {
			return true
		}
	}
	return false
}

// undelivered says whether a connection still owes the peer something: in the
// first two states bytes that were written, and the end of the stream; in the
// others the end has been sent and not been acknowledged.
func undelivered(ep *tcp.Endpoint) bool {
	switch ep.EndpointState() {
	case tcp.StateEstablished, tcp.StateCloseWait, tcp.StateFinWait1, tcp.StateClosing, tcp.StateLastAck:
		return true
	}
	return false
}

// Drain is Stack.Drain for the stack of Register; true when there is none.
func Drain(limit time.Duration) bool {
	if s := registered.Load(); s != nil {
		return s.Drain(limit)
	}
	return true
}

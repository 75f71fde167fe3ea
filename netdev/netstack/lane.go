package netstack

import (
	"encoding/binary"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/netdev"
)

// A lane is a pair of the device's queues with a goroutine that receives from one, and what
// sends through the other. There is one for each processor where the device has as many,
// and each interrupts another processor. A flow is sent through one lane, always the same,
// and a device that spreads flows over its queues receives it there, too (VIRTIO 1.2,
// 5.1.6.5.5: on the queue on which it was sent), so that lanes share next to nothing.
type lane struct {
	e     *Endpoint
	queue int // of dev, both ways
	up    atomic.Pointer[upcall]
	tx    transmitter

	frame, reply [maxAnswered]byte // with e.polling

	rxPackets, rxBytes, rxForeign, wakeups, squeezed atomic.Uint64
}

// newLane makes the lane of a pair of queues.
func newLane(e *Endpoint, queue int, info netdev.Info) (*lane, error) {
	l := &lane{e: e, queue: queue}
	l.tx.queue, l.tx.failed, l.tx.tap = queue, l.senderFailed, &e.tap
	return l, l.tx.init(e.dev, info, e.gso == stack.HostGSOSupported)
}

// portBytes is how much of a transport header tells flows apart: TCP and UDP begin with
// the ports (RFC 9293, 3.1, and 768).
const portBytes = 4

// laneFor returns the lane of the flow whose transport header begins so. What has no ports
// goes by the first.
func (e *Endpoint) laneFor(transport []byte) *lane {
	if len(e.lanes) == 1 || len(transport) < portBytes {
		return e.lanes[0]
	}
	// Both ends count ports up: the product's high half depends on all bits of them.
	const golden = 0x9e3779b9
	hash := binary.BigEndian.Uint32(transport) * golden
	return e.lanes[uint64(hash)*uint64(len(e.lanes))>>32]
}

// lockSenders keeps every lane from sending until unlockSenders. It is for who has
// e.polling for itself, and already the lock of the lane own, or of none if that is nil.
func (e *Endpoint) lockSenders(own *lane) {
	for _, l := range e.lanes {
		if l != own {
			l.tx.mu.Lock()
		}
	}
}

func (e *Endpoint) unlockSenders(own *lane) {
	for _, l := range e.lanes {
		if l != own {
			l.tx.mu.Unlock()
		}
	}
}

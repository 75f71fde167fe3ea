package netstack

import "gvisor.dev/gvisor/pkg/tcpip/stack"

// backlogSize is how many packets wait for room in the device's queue at most: as
// many as in Linux' queue of an Ethernet card, about (txqueuelen, 1000). The last of
// the places are for packets without data: nobody repeats a reset that was lost.
const (
	backlogSize = 1024
	reserved    = 64
	noData      = 128 // bytes, headers with all options
)

// A backlog is a queue of packets, each with a reference.
type backlog struct {
	ring         []*stack.PacketBuffer // made when first used
	first, count int
}

// push adds a packet, or reports false when the backlog is full.
func (l *backlog) push(pkt *stack.PacketBuffer) bool {
	if l.ring == nil {
		l.ring = make([]*stack.PacketBuffer, backlogSize)
	}
	if l.count == backlogSize || l.count >= backlogSize-reserved && pkt.Size() > noData {
		return false
	}
	l.ring[(l.first+l.count)%backlogSize] = pkt.IncRef()
	l.count++
	return true
}

// front is the oldest packet; there is one.
func (l *backlog) front() *stack.PacketBuffer { return l.ring[l.first] }

// pop drops the oldest packet.
func (l *backlog) pop() {
	l.ring[l.first].DecRef()
	l.ring[l.first] = nil
	l.first = (l.first + 1) % backlogSize
	l.count--
}

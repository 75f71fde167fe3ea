package socket

import (
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// direct is a queueing discipline without a queue: a packet goes straight to
// the link endpoint. The stack's own does the same and allocates a list for
// each packet; this one reuses lists. So a link endpoint must not keep the
// list it is given beyond the call (the packets it may, by reference count).
type direct struct {
	link stack.LinkWriter
}

// lists are shared by all interfaces. A pool, because a loopback delivery may
// send again before the first call returns.
var lists = sync.Pool{New: func() any { return new(stack.PacketBufferList) }}

// WritePacket implements stack.QueueingDiscipline.
func (d *direct) WritePacket(p *stack.PacketBuffer) tcpip.Error {
	l := lists.Get().(*stack.PacketBufferList)
	l.PushBack(p.IncRef())
	_, err := d.link.WritePackets(*l)
	l.Reset() // gives the reference back and keeps the list's memory
	lists.Put(l)
	return err
}

// Close implements stack.QueueingDiscipline.
func (d *direct) Close() {}

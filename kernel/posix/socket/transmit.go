package socket

import (
	"slices"
	"sync"
	"sync/atomic"

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

// A throttle is a link endpoint that a sender can wait for, such as netstack's.
type throttle interface{ WaitRoom() }

// waitRoom holds back who sends datagrams faster than the links take them, as a
// socket's send buffer does on Linux: the stack has none for them, and would drop
// what a link has no room for. It lasts a quarter of a second at most, so that a
// deadline may be that late.
func (s *Stack) waitRoom() {
	if links := s.throttles.Load(); links != nil {
		for _, l := range *links {
			l.WaitRoom()
		}
	}
}

// addThrottle has datagrams wait for a link that can be waited for.
func (s *Stack) addThrottle(ep stack.LinkEndpoint) {
	t, ok := ep.(throttle)
	if !ok {
		return
	}
	addTo(s, &s.throttles, t)
}

// addTo adds to a list that is read without a lock.
func addTo[T any](s *Stack, list *atomic.Pointer[[]T], item T) {
	s.routeMu.Lock()
	defer s.routeMu.Unlock()
	var all []T
	if old := list.Load(); old != nil {
		all = *old
	}
	all = append(slices.Clip(all), item)
	list.Store(&all)
}

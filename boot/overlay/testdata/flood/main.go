// Flood fills a listener with connections that are half open, so that one more is answered
// with a cookie, and asks the listener for the next cookie while somebody works on it. It
// must give one that it takes for its own. Exit status 1: who asks waits, or gets none, and
// has to queue the SYN, at ten times the cost.
package main

import (
	"net"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/boot/overlay/testdata/wire"
)

func main() {
	w := wire.New()
	s := wire.Listen(w.Link, func(c net.Conn) { c.Write([]byte("served")) })
	for w.Port = 2000; wire.Kept(w.SYN(w.Port)); w.Port++ {
	}
	w.Port++
	id := w.ID()
	listener := s.FindTransportEndpoint(ipv4.ProtocolNumber, tcp.ProtocolNumber, id, 1).(*tcp.Endpoint)
	maker, ok := any(listener).(interface {
		Cookie(stack.TransportEndpointID, uint32, uint16) (cookie uint32, window uint16, room, ok bool)
	})
	if !ok {
		wire.Fail("a listener in a flood makes no cookies for others")
	}
	listener.LockUser()
	cookie, window, room, ok := maker.Cookie(id, wire.First, wire.MSS)
	listener.UnlockUser()
	if !ok || !room || window == 0 {
		wire.Fail("no cookie of a listener that is being worked on")
	}
	w.Seq, w.Ack = wire.First+1, cookie+1
	w.Send(header.TCPFlagAck, []byte("a request"))
	w.Await(func() bool { return w.Data > 0 }, "the client with that cookie is not served")
}

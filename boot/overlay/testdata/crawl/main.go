// Crawl plays a peer for whom all that is under way at one moment is lost, and which
// acknowledges everything after that. One timeout tells the stack, and the rest it
// sends again as acknowledgements come (RFC 6298, 5.4-5.7). Exit status 1: it needs a
// timeout for every few segments.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/boot/overlay/testdata/wire"
)

const (
	enough = 100 // segments lost
	// A computer that is busy for longer than a timer is set for causes timeouts of its own.
	tolerated = 4
)

func main() {
	w := wire.New()
	s := wire.Listen(w.Link, func(c net.Conn) {
		for data, err := make([]byte, 1<<16), error(nil); err == nil; {
			_, err = c.Write(data)
		}
	})
	sack, longest := tcpip.TCPSACKEnabled(true), tcpip.TCPMaxRTOOption(800*time.Millisecond)
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &longest} {
		if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			wire.Fail("%v", err)
		}
	}
	w.Connect(header.TCPOptionSACKPermitted, 2, header.TCPOptionNOP, header.TCPOptionNOP)
	for w.Data < 2*enough {
		w.Receive(5 * time.Millisecond)
		w.Send(header.TCPFlagAck, nil)
	}
	lost := w.Ack
	w.Receive(20 * time.Millisecond)
	end := w.Ack
	if n := (end - lost) / wire.MSS; n < enough {
		wire.Fail("%d segments are lost: this is not the case to be tested", n)
	}
	w.Ack = lost
	before := s.Stats().TCP.Timeouts.Value()
	for deadline := time.Now().Add(20 * time.Second); w.Ack < end; {
		at := w.Ack
		if w.Receive(5 * time.Millisecond); w.Ack != at {
			w.Send(header.TCPFlagAck, nil)
		}
		if n := s.Stats().TCP.Timeouts.Value() - before; n > tolerated {
			wire.Fail("%d timeouts to send again what was lost, %d of %d segments so far",
				n, (w.Ack-lost)/wire.MSS, (end-lost)/wire.MSS)
		}
		if time.Now().After(deadline) {
			wire.Fail("nothing is sent again")
		}
	}
}

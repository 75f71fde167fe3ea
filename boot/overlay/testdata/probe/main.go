// Probe plays a peer that acknowledges at once and then, once, 5 ms later: what is under
// way is not lost, and its last segment not sent again. Exit status 1: it is.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/boot/overlay/testdata/wire"
)

const (
	silence = 50 * time.Millisecond
	size    = 4 * wire.MSS // of an answer
)

func main() {
	clock := faketime.NewManualClock()
	wire.Clock = clock
	w := wire.New()
	s := wire.Listen(w.Link, func(c net.Conn) {
		for data, err := make([]byte, size), error(nil); err == nil; {
			if _, err = c.Read(data[:1]); err == nil {
				_, err = c.Write(data)
			}
		}
	})
	sack := tcpip.TCPSACKEnabled(true)
	if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack); err != nil {
		wire.Fail("%v", err)
	}
	w.Connect(header.TCPOptionSACKPermitted, 2, header.TCPOptionNOP, header.TCPOptionNOP)
	for range 2 {
		answered(w)
		w.Send(header.TCPFlagAck, nil)
	}
	answered(w)
	sent := w.Data
	clock.Advance(5 * time.Millisecond)
	if w.Receive(silence); w.Data != sent {
		wire.Fail("what is under way was sent again after 5 ms")
	}
	clock.Advance(20 * time.Millisecond)
	if w.Receive(silence); w.Data == sent {
		wire.Fail("what is under way was not sent again after 25 ms")
	}
}

// answered asks and has the whole answer.
func answered(w *wire.Wire) {
	end := w.Ack + size
	w.Send(header.TCPFlagAck, []byte{'?'})
	if w.Receive(silence); w.Ack != end {
		wire.Fail("%d bytes of an answer are missing", end-w.Ack)
	}
}

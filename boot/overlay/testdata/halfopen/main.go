// Halfopen sends a SYN and never confirms the answer: the answer is repeated five times, in
// 31 seconds, and after 32 more nothing is left of the connection. Exit status 1: it takes
// longer.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
)

const (
	answers = 1 + 5
	life    = 63 * time.Second
)

func main() {
	clock := faketime.NewManualClock()
	wire.Clock = clock
	w := wire.New()
	s := wire.Listen(w.Link, func(net.Conn) {})
	listening := len(s.RegisteredEndpoints())
	seen := 0
	w.Saw = func(t header.TCP) {
		if t.Flags() == header.TCPFlagSyn|header.TCPFlagAck {
			seen++
		}
	}
	w.Send(header.TCPFlagSyn, nil)
	w.Await(func() bool { return seen == 1 }, "a SYN was not answered")
	for range int(life/time.Second) - 1 {
		clock.Advance(time.Second)
		w.Settle()
	}
	w.Await(func() bool { return seen == answers }, "a SYN was not answered so often")
	if n := len(s.RegisteredEndpoints()); n != listening+1 {
		wire.Fail("%d half-open connections before their time is over", n-listening)
	}
	clock.Advance(time.Second)
	w.Await(func() bool { return len(s.RegisteredEndpoints()) == listening }, "a connection is half open after "+life.String())
}

// Again has a client come when the network's memory is spent, and once more when a little of
// it is free, behind another that comes for the first time. It must be let in before that
// one. Exit status 1: the other has its place, and it waits for three times as long.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
	"yolk/kernel/posix/netmem"
)

const (
	limit  = 4 << 20
	little = netmem.Connection + netmem.Socket + limit/32 // room for one
	pause  = 200 * time.Millisecond                       // until a client sends its request again
)

func main() {
	clock := faketime.NewManualClock()
	wire.Clock = clock
	netmem.SetBudget(limit, func() {}, nil)
	netmem.Charge(limit)
	w := wire.New()
	wire.Listen(w.Link, func(c net.Conn) { c.Write([]byte("served")) })

	first := come(w, 2000)
	if w.Receive(pause); w.Data > 0 {
		wire.Fail("a client is let in for which there is no memory")
	}
	clock.Advance(pause)
	netmem.Charge(-little)
	come(w, 3000)
	if w.Receive(pause); w.Data > 0 {
		wire.Fail("who comes for the first time is let in before who was refused")
	}
	w.Port, w.Seq, w.Ack = 2000, wire.First+1, first
	w.Send(header.TCPFlagAck, []byte("a request"))
	w.Await(func() bool { return w.Data > 0 }, "who comes again is not let in, though there is room")
}

// come connects and sends a request, and returns what it acknowledges.
func come(w *wire.Wire, port uint16) uint32 {
	w.SYN(port)
	w.Seq = wire.First + 1
	w.Send(header.TCPFlagAck, []byte("a request"))
	return w.Ack
}

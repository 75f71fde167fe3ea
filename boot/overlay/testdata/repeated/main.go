// Repeated fills a listener with connections that are half open, so that one more is
// answered with a cookie, and has them go. The copy of that one's SYN, which was on its
// way, must be answered as the SYN was, and the client, who went on with the first answer,
// be served. Later there are no cookies any more. Exit status 1: the copy begins another
// connection.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
)

const later = 10 * time.Second

func main() {
	clock := faketime.NewManualClock()
	wire.Clock = clock
	w := wire.New()
	wire.Listen(w.Link, func(c net.Conn) { c.Write([]byte("served")) })
	var halfOpen []header.TCP // the answers to their SYNs, by port
	answer := w.SYN(firstPort)
	for ; wire.Kept(answer); answer = w.SYN(w.Port + 1) {
		halfOpen = append(halfOpen, answer)
	}
	client, cookie := w.Port, answer
	for i, a := range halfOpen {
		w.Port, w.Seq, w.Ack = firstPort+uint16(i), wire.First+1, a.SequenceNumber()+1
		w.Send(header.TCPFlagRst, nil)
	}
	w.Receive(20 * time.Millisecond)
	if again := w.SYN(client); again.SequenceNumber() != cookie.SequenceNumber() {
		wire.Fail("the copy of a SYN has another answer")
	}
	w.Seq, w.Ack = wire.First+1, cookie.SequenceNumber()+1
	w.Send(header.TCPFlagAck, []byte("a request"))
	w.Await(func() bool { return w.Data > 0 }, "the client is not served")

	clock.Advance(later)
	if !wire.Kept(w.SYN(client + 1)) {
		wire.Fail("%v later there are cookies still", later)
	}
}

const firstPort = 2000

// Repeated fills a listener with connections that are half open, so that one more is
// answered with a cookie, and has them go. The copy of that one's SYN, which was on its
// way, must be answered as the SYN was, and the client, who went on with the first answer,
// be served. Later there are no cookies any more. Exit status 1: the copy begins another
// connection.
package main

import (
	"net"
	"slices"
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
	answer := syn(w, firstPort)
	for ; scaled(answer); answer = syn(w, w.Port+1) {
		halfOpen = append(halfOpen, answer)
	}
	client, cookie := w.Port, answer
	for i, a := range halfOpen {
		w.Port, w.Seq, w.Ack = firstPort+uint16(i), first+1, a.SequenceNumber()+1
		w.Send(header.TCPFlagRst, nil)
	}
	w.Receive(20 * time.Millisecond)
	if again := syn(w, client); again.SequenceNumber() != cookie.SequenceNumber() {
		wire.Fail("the copy of a SYN has another answer")
	}
	w.Seq, w.Ack = first+1, cookie.SequenceNumber()+1
	w.Send(header.TCPFlagAck, []byte("a request"))
	w.Await(func() bool { return w.Data > 0 }, "the client is not served")

	clock.Advance(later)
	if !scaled(syn(w, client+1)) {
		wire.Fail("%v later there are cookies still", later)
	}
}

const (
	first     = 1000 // number of every SYN
	firstPort = 2000
)

// syn sends a SYN with a window scale, which a cookie has no room for, and returns its
// answer.
func syn(w *wire.Wire, port uint16) (answer header.TCP) {
	w.Port, w.Seq, w.Ack = port, first, 0
	w.Saw = func(t header.TCP) {
		if t.Flags() == header.TCPFlagSyn|header.TCPFlagAck && t.DestinationPort() == port {
			answer = slices.Clone(t)
		}
	}
	w.Options = []byte{header.TCPOptionNOP, header.TCPOptionWS, 3, 4}
	w.Send(header.TCPFlagSyn, nil)
	w.Options = nil
	w.Await(func() bool { return answer != nil }, "a SYN was not answered")
	return answer
}

// scaled reports whether an answer is of a connection that is kept, and no cookie.
func scaled(answer header.TCP) bool { return header.ParseSynOptions(answer.Options(), true).WS >= 0 }

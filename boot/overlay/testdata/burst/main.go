// Burst gives a stack segments in a burst, as a link with a queue does. They are handled
// where the burst ends, all at once, and by nobody else. Exit status 1: they are not.
package main

import (
	"io"
	"net"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
)

const segments = 10

func main() {
	runtime.GOMAXPROCS(1)
	w := wire.New()
	link := &wire.Bursty{Endpoint: w.Link}
	wire.Listen(link, func(c net.Conn) { io.Copy(io.Discard, c) })
	w.Connect()
	w.Receive(50 * time.Millisecond)
	if link.Deliver != nil {
		w.Deliver = link.Deliver
	}
	for range segments {
		w.Send(header.TCPFlagAck, make([]byte, wire.MSS))
	}
	if link.End != nil {
		link.End()
	}
	// Nobody else has run on the only processor.
	if n := w.Link.NumQueued(); n != 1 {
		wire.Fail("a burst is not handled at its end: %d acknowledgements", n)
	}
	if w.Receive(time.Millisecond); w.Acked != w.Seq {
		wire.Fail("acknowledged up to %d of %d", w.Acked, w.Seq)
	}

	// What ends a connection is the processor's, with what came before it.
	w.Send(header.TCPFlagAck, make([]byte, wire.MSS))
	w.Send(header.TCPFlagAck|header.TCPFlagFin, nil)
	link.End()
	for end := time.Now().Add(10 * time.Second); w.Acked != w.Seq+1; w.Receive(time.Millisecond) {
		if time.Now().After(end) {
			wire.Fail("the end of the connection was not acknowledged")
		}
	}
}

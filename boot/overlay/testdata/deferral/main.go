// Deferral plays a peer that acknowledges each two segments' worth of data, over a link
// that divides large segments. They are to be large. Exit status 1: they are not, or
// nothing comes although everything is acknowledged.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/boot/overlay/testdata/wire"
)

const (
	size    = 1 << 20
	window  = 1 << 16
	few     = 3 * size / (window / 2)
	chunk   = 2 * wire.MSS
	patient = 10 * time.Second
)

func main() {
	w := wire.New()
	w.Link.SupportedGSOKind = stack.HostGSOSupported
	wire.Listen(w.Link, func(c net.Conn) {
		for range size / (1 << 16) {
			c.Write(make([]byte, 1<<16))
		}
		select {}
	})
	w.Connect()
	w.Offer = window >> 4
	start := w.Ack
	for acked, end := start, time.Now().Add(patient); acked-start < size; {
		if time.Now().After(end) {
			wire.Fail("%d bytes of %d, and %d acknowledged", w.Ack-start, size, acked-start)
		}
		w.Receive(100 * time.Microsecond)
		received := w.Ack
		for acked != received {
			acked += min(chunk, received-acked)
			w.Ack = acked
			w.Send(header.TCPFlagAck, nil)
			time.Sleep(10 * time.Microsecond) // each on its own
			w.Ack = received
		}
	}
	if w.Data > few {
		wire.Fail("%d segments for a megabyte", w.Data)
	}
}

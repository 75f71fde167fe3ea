// Congestion has a server write more than its link takes, which says so. The
// connection must then have one segment under way, and neither send it again nor
// stop for good. Exit status 1: it fills the link's queue.
package main

import (
	"net"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"

	"yolk/boot/overlay/testdata/wire"
)

// slow is a link with a queue of which the far end takes nothing for a while.
type slow struct {
	*channel.Endpoint
	congested atomic.Bool
}

func (l *slow) Congested() bool { return l.congested.Load() }

func main() {
	w := wire.New()
	link := &slow{Endpoint: w.Link}
	wire.Listen(link, func(c net.Conn) {
		link.congested.Store(true)
		c.Write(make([]byte, 20*wire.MSS))
		select {}
	})
	w.Connect()
	// Twice the shortest time after which a segment is taken for lost.
	if w.Receive(500 * time.Millisecond); w.Data != 1 {
		wire.Fail("%d segments are in the queue of a congested link", w.Data)
	}
	for want := 2; want < 5; want++ {
		w.Send(header.TCPFlagAck, nil)
		if w.Receive(100 * time.Millisecond); w.Data != want {
			wire.Fail("%d segments after %d acknowledgements", w.Data, want-1)
		}
	}
	link.congested.Store(false)
	w.Send(header.TCPFlagAck, nil)
	if w.Receive(100 * time.Millisecond); w.Data < 7 {
		wire.Fail("%d segments when the link is free again", w.Data)
	}
}

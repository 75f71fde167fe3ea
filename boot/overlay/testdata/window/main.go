// Window plays a peer that fills gVisor's receive window up to its last 40 bytes,
// sends these, too, and goes on acknowledging. The window field counts in units of
// 128 bytes, so that gVisor's says 0 where it said more before, and an
// acknowledgement behind those 40 bytes must still count (RFC 9293, section 3.8.6:
// a peer has to cope with a window that shrinks). Exit status 1: it does not.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
)

const (
	left  = 40 // bytes of the window
	burst = 16 // segments that the stack's queue takes at once
)

func main() {
	w := wire.New()
	wire.Listen(w.Link, write)
	w.Connect()
	for w.Edge-w.Seq > left {
		for range burst {
			if room := w.Edge - w.Seq - left; room > 0 {
				w.Send(header.TCPFlagAck, make([]byte, min(wire.MSS, room)))
			}
		}
		w.Receive(20 * time.Millisecond)
	}
	if w.Edge-w.Seq != left || w.Window != 0 {
		wire.Fail("the window is %d bytes to %d: this is not the case to be tested", w.Window, w.Edge-w.Seq)
	}
	w.Seq += left // lost on the way
	sent := w.Ack
	w.Send(header.TCPFlagAck, nil)
	for deadline := time.Now().Add(3 * time.Second); w.Ack == sent; w.Receive(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			wire.Fail("an acknowledgement behind the last %d bytes of the window is ignored", left)
		}
	}
}

// write writes all the time and never reads.
func write(c net.Conn) {
	for data, err := make([]byte, 1<<16), error(nil); err == nil; {
		_, err = c.Write(data)
	}
}

// Answers asks a server one request after the other. Its answers acknowledge the
// requests; a request that it does not answer, and a stream, must be acknowledged all
// the same. Exit status 1: there are other segments, or too few.
package main

import (
	"net"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
)

const requests = 20

func main() {
	runtime.GOMAXPROCS(1)
	w := wire.New()
	wire.Listen(w.Link, answer)
	w.Connect()
	for i := range requests {
		w.Send(header.TCPFlagAck|header.TCPFlagPsh, []byte{'?'})
		acknowledged(w, i+1)
		if i == 0 {
			w.Bare = 0 // a new connection acknowledges at once
		}
	}
	if w.Bare != 0 {
		wire.Fail("%d segments without data beside %d answers", w.Bare, w.Data)
	}
	w.Send(header.TCPFlagAck|header.TCPFlagPsh, []byte{'!'})
	acknowledged(w, requests)
	for range 2 * requests {
		w.Send(header.TCPFlagAck, make([]byte, wire.MSS))
	}
	acknowledged(w, requests)
}

// acknowledged waits for the server to have all that was sent and to have answered so
// many times.
func acknowledged(w *wire.Wire, answers int) {
	for end := time.Now().Add(10 * time.Second); w.Acked != w.Seq || w.Data != answers; w.Receive(time.Millisecond) {
		if time.Now().After(end) {
			wire.Fail("%d answers, and acknowledged up to %d of %d", w.Data, w.Acked, w.Seq)
		}
	}
}

// answer answers the requests that ask.
func answer(c net.Conn) {
	for data, err := make([]byte, 1<<16), error(nil); err == nil; {
		if _, err = c.Read(data); data[0] == '?' {
			_, err = c.Write([]byte("an answer"))
		}
	}
}

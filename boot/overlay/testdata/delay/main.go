// Delay sends requests that nobody answers to a server which has answered before: each is
// acknowledged after 40 ms, unless a second segment comes. Exit status 1: an
// acknowledgement comes at another time.
package main

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
)

// silence is for how long the stack must send nothing to have nothing to send. Its own
// clock stands still.
const silence = 50 * time.Millisecond

func main() {
	clock := faketime.NewManualClock()
	wire.Clock = clock
	w := wire.New()
	wire.Listen(w.Link, answer)
	w.Connect()
	ask(w)
	w.Send(header.TCPFlagAck, []byte{'.'})
	expect(w, false, "a request")
	clock.Advance(39 * time.Millisecond)
	expect(w, false, "a request, 1 ms before its time,")
	clock.Advance(time.Millisecond)
	expect(w, true, "a request, 40 ms later,")

	// The delay was for nothing: perhaps the peer waits for us.
	w.Send(header.TCPFlagAck, []byte{'.'})
	expect(w, true, "what came after a delay for nothing")

	// What is missing is asked for at once, and so is it said that it came.
	late := w.Seq
	w.Seq += 10
	w.Send(header.TCPFlagAck, []byte{'.'})
	end := w.Seq
	if w.Receive(silence); w.Acked != late {
		wire.Fail("what came before its turn was not answered by what is missing")
	}
	w.Seq = late
	w.Send(header.TCPFlagAck, []byte(".........."))
	if w.Receive(silence); w.Acked != end {
		wire.Fail("acknowledged up to %d and not %d when nothing is missing", w.Acked, end)
	}
}

// ask sends a request and takes in the answer to it, and to the next.
func ask(w *wire.Wire) {
	for answers := range 2 {
		w.Send(header.TCPFlagAck|header.TCPFlagPsh, []byte{'?'})
		for end := time.Now().Add(10 * time.Second); w.Data != answers+1; w.Receive(time.Millisecond) {
			if time.Now().After(end) {
				wire.Fail("%d answers", w.Data)
			}
		}
		w.Send(header.TCPFlagAck, nil)
	}
}

// expect looks whether all is acknowledged.
func expect(w *wire.Wire, acknowledged bool, what string) {
	w.Receive(silence)
	switch {
	case acknowledged && w.Acked != w.Seq:
		wire.Fail("%s was not acknowledged", what)
	case !acknowledged && w.Acked == w.Seq:
		wire.Fail("%s was acknowledged at once", what)
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

// Requeue holds a connection's lock while a segment for it comes, as a timer of the
// stack's may. On one processor other goroutines must go on meanwhile. Exit status
// 1: they run only when the runtime preempts the stack.
package main

import (
	"net"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/boot/overlay/testdata/wire"
)

func main() {
	runtime.GOMAXPROCS(1)
	w := wire.New()
	s := wire.Listen(w.Link, func(net.Conn) { select {} })
	w.Connect()
	w.Receive(100 * time.Millisecond)
	ep := connection(s)
	ep.StopWork()
	w.Send(header.TCPFlagAck, []byte("x"))
	const enough = 100 // the runtime preempts ten times in that time
	turns := 0
	for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); turns++ {
		runtime.Gosched()
	}
	ep.ResumeWork()
	if turns < enough {
		wire.Fail("others had %d turns while a connection was locked", turns)
	}
}

// connection is the one that is established.
func connection(s *stack.Stack) *tcp.Endpoint {
	for _, e := range s.RegisteredEndpoints() {
		if ep, ok := e.(*tcp.Endpoint); ok && ep.EndpointState() == tcp.StateEstablished {
			return ep
		}
	}
	wire.Fail("no connection")
	return nil
}

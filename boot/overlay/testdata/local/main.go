// Local talks to itself over loopback. Who connects must be connected when that returns, and
// what is written must have been received when the write returns, without anybody else; and
// connections that are written to from both ends at once must come to their end. Exit status
// 1: it is not, or they hang.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"yolk/boot/overlay/testdata/wire"
)

var here = tcpip.FullAddress{NIC: 1, Addr: tcpip.AddrFrom4([4]byte{127, 0, 0, 1}), Port: 7}

func main() {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		HandleLocal:        true,
	})
	address := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: here.Addr.WithPrefix()}
	if err := s.CreateNIC(1, loopback.New()); err != nil {
		wire.Fail("%v", err)
	}
	if err := s.AddProtocolAddress(1, address, stack.AddressProperties{}); err != nil {
		wire.Fail("%v", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	l, err := gonet.ListenTCP(s, here, ipv4.ProtocolNumber)
	if err != nil {
		wire.Fail("%v", err)
	}
	time.AfterFunc(30*time.Second, func() { wire.Fail("connections hang") })
	connected := alone(s)
	if _, err := l.Accept(); err != nil {
		wire.Fail("%v", err)
	}
	a, b := connect(s, l)
	atOnce(s, a, b)
	for range 50 {
		a, b := connect(s, l)
		bothWays(a, b)
	}
	if !connected {
		os.Exit(1)
	}
}

// alone connects with nobody else on the only processor, and reports whether it is done.
func alone(s *stack.Stack) bool {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ep, err := s.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, new(waiter.Queue))
	if err != nil {
		wire.Fail("%v", err)
	}
	if err := ep.Connect(here); tcp.EndpointState(ep.State()) != tcp.StateEstablished {
		fmt.Fprintf(os.Stderr, "is not connected when connect returns: %v\n", err)
		return false
	}
	return true
}

// connect returns both ends of a connection.
func connect(s *stack.Stack, l net.Listener) (a, b net.Conn) {
	done := make(chan struct{})
	go func() {
		b, _ = l.Accept()
		close(done)
	}()
	a, err := gonet.DialTCP(s, here, ipv4.ProtocolNumber)
	if <-done; err != nil || b == nil {
		wire.Fail("no connection: %v", err)
	}
	return a, b
}

// atOnce writes with nobody else on the only processor. What a new connection receives it
// acknowledges at once.
func atOnce(s *stack.Stack, a, b net.Conn) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer a.Close()
	defer b.Close()
	time.Sleep(50 * time.Millisecond) // the handshake's end
	before := s.Stats().TCP.SegmentsSent.Value()
	_, err := a.Write([]byte("hello"))
	if n := s.Stats().TCP.SegmentsSent.Value() - before; n != 2 || err != nil {
		wire.Fail("what was written is not received when the write returns: %d segments, %v", n, err)
	}
}

// bothWays writes from both ends and closes them.
func bothWays(a, b net.Conn) {
	const size = 300 << 10
	var all sync.WaitGroup
	for _, c := range []net.Conn{a, b} {
		all.Go(func() {
			c.Write(bytes.Repeat([]byte{7}, size))
			c.(*gonet.TCPConn).CloseWrite()
		})
		all.Go(func() {
			if n, err := io.Copy(io.Discard, c); n != size || err != nil {
				wire.Fail("%d bytes came, %v", n, err)
			}
		})
	}
	all.Wait()
	a.Close()
	b.Close()
}

// Budget has a server write to many clients that do not read, and datagrams come for
// a socket that nobody reads. All of that must stay within the network's budget, one
// more client must be served, and in the end nothing may be charged. When memory is
// short, a request that comes right behind its handshake must not be lost. Exit status
// 1: the stack takes more, loses count, or the request.
package main

import (
	"io"
	"net"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"yolk/boot/overlay/testdata/wire"
	"yolk/kernel/posix/netmem"
)

const (
	limit   = 8 << 20
	clients = 16
	answer  = 1 << 20
)

var local = tcpip.FullAddress{NIC: 1, Addr: tcpip.AddrFrom4([4]byte{127, 0, 0, 1}), Port: 80}

func main() {
	netmem.SetBudget(limit, func() {}, nil)
	s := makeStack()
	datagrams(s)
	l, err := gonet.ListenTCP(s, local, ipv4.ProtocolNumber)
	check(err)
	written := make(chan int)
	go serve(l, written)
	var greedy []net.Conn
	for range clients {
		c, err := gonet.DialTCP(s, local, ipv4.ProtocolNumber)
		check(err)
		c.Write([]byte("much"))
		greedy = append(greedy, c)
	}
	total := 0
	for range clients {
		total += <-written
	}
	// What one queue got last may be beyond the limit, and what the clients' ends
	// hold is charged with its overhead.
	if used := netmem.Snapshot().Used; total > limit || used > limit+limit/8 {
		wire.Fail("%d bytes for those who do not read, of %d; %d are charged", total, limit, used)
	}
	polite(s)
	for _, c := range greedy {
		c.Close()
	}
	l.Close()
	for deadline := time.Now().Add(10 * time.Second); netmem.Snapshot().Used != 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			wire.Fail("%d bytes are charged, but nothing is left", netmem.Snapshot().Used)
		}
	}
	newcomer()
}

// newcomer is a client whose request waits in the listener's queue until its connection
// exists, behind as much as a queue may hold when memory is short.
func newcomer() {
	runtime.GOMAXPROCS(1) // what is sent is queued until this goroutine waits
	netmem.Charge(limit / 8 * 7)
	w := wire.New()
	wire.Listen(w.Link, func(c net.Conn) { io.Copy(c, c) })
	w.Connect()
	others := wire.New()
	others.Link, others.Port = w.Link, w.Port+1
	for range 2 * netmem.Floor / netmem.Datagram {
		others.Send(header.TCPFlagAck, nil)
	}
	w.Send(header.TCPFlagAck|header.TCPFlagPsh, []byte("request"))
	if w.Receive(200 * time.Millisecond); w.Acked != w.Seq {
		wire.Fail("a request was lost that came behind its handshake")
	}
}

// serve answers "much" with as much as the connection takes in a second, and anything
// else with the same.
func serve(l net.Listener, written chan int) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			b := make([]byte, 4)
			if _, err := io.ReadFull(c, b); err != nil {
				return
			}
			if string(b) != "much" {
				c.Write(b)
				return
			}
			c.SetWriteDeadline(time.Now().Add(time.Second))
			n, _ := c.Write(make([]byte, answer))
			written <- n
			io.Copy(io.Discard, c) // until the client goes
		}()
	}
}

// polite is a client that reads.
func polite(s *stack.Stack) {
	c, err := gonet.DialTCP(s, local, ipv4.ProtocolNumber)
	check(err)
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	c.Write([]byte("tiny"))
	if b, err := io.ReadAll(c); err != nil || string(b) != "tiny" {
		wire.Fail("a polite client got %q, %v", b, err)
	}
}

// datagrams sends many small ones to a socket that is not read, and closes it.
func datagrams(s *stack.Stack) {
	in, err := gonet.DialUDP(s, &local, nil, ipv4.ProtocolNumber)
	check(err)
	out, err := gonet.DialUDP(s, nil, &local, ipv4.ProtocolNumber)
	check(err)
	for range 10000 {
		out.Write([]byte{1})
	}
	if used := netmem.Snapshot().Used; used == 0 || used > limit/4 {
		wire.Fail("datagrams that nobody reads are charged with %d bytes", used)
	}
	in.Close()
	out.Close()
}

// makeStack makes a stack with a loopback interface, whose connections linger for a
// moment only.
func makeStack() *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	timeWait := tcpip.TCPTimeWaitTimeoutOption(10 * time.Millisecond)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &timeWait)
	s.CreateNIC(1, loopback.New())
	s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: local.Addr.WithPrefix()}, stack.AddressProperties{})
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	return s
}

func check(err error) {
	if err != nil {
		wire.Fail("%v", err)
	}
}

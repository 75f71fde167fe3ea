// Emptied has many connections come and go beside one that stays, and frames come of every
// type that there is, and measures what is left. Exit status 1: the tables keep the room
// that they needed.
package main

import (
	"runtime"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/ports"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/boot/overlay/testdata/wire"
)

const (
	crowd = 20_000
	most  = 64 << 10 // bytes that may be left of it
)

func main() {
	w := wire.New()
	s := wire.Listen(w.Link, nil)
	for name, busy := range map[string]func(){
		"ports":     reserve,
		"endpoints": func() { register(s) },
		"orphans":   abandon,
		"types":     func() { types(w) },
	} {
		before := live()
		busy()
		if left := live() - before; left > most {
			wire.Fail("the table of %s is empty and takes %d KiB", name, left>>10)
		}
	}
	runtime.KeepAlive(manager)
	runtime.KeepAlive(s)
}

func live() int64 {
	var m runtime.MemStats
	for range 3 { // what is in pools goes with the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

var manager = ports.NewPortManager()

// reserve has clients of one port, of which the first stays.
func reserve() {
	client := func(n uint16) ports.Reservation {
		return ports.Reservation{
			Networks: []tcpip.NetworkProtocolNumber{header.IPv4ProtocolNumber}, Transport: header.TCPProtocolNumber,
			Addr: wire.Address(1), Port: 80, Dest: tcpip.FullAddress{Addr: wire.Address(2), Port: n},
		}
	}
	for n := range uint16(crowd) {
		if !manager.ReserveTuple(client(n)) {
			wire.Fail("client %d is reserved already", n)
		}
	}
	for n := range uint16(crowd - 1) {
		manager.ReleasePort(client(n + 1))
	}
}

// An end is one of a connection that has only its place in tables, an orphan one whose
// program has closed it.
type (
	end    struct{ stack.TransportEndpoint }
	orphan struct{ tcpip.Endpoint }
)

func (*end) UniqueID() uint64 { return 1 }

func register(s *stack.Stack) {
	protocols := []tcpip.NetworkProtocolNumber{wire.Protocol()}
	id := func(n uint16) stack.TransportEndpointID {
		return stack.TransportEndpointID{LocalPort: 80, LocalAddress: wire.Address(1), RemotePort: n + 1, RemoteAddress: wire.Address(2)}
	}
	ends := make([]*end, crowd)
	for n := range uint16(crowd) {
		ends[n] = new(end)
		if err := s.RegisterTransportEndpoint(protocols, tcp.ProtocolNumber, id(n), ends[n], ports.Flags{}, 0); err != nil {
			wire.Fail("%v", err)
		}
	}
	for n := range uint16(crowd - 1) {
		s.UnregisterTransportEndpoint(protocols, tcp.ProtocolNumber, id(n+1), ends[n+1], ports.Flags{}, 0)
	}
}

func abandon() {
	orphans := make([]orphan, crowd)
	for i := range orphans {
		tcpip.AddDanglingEndpoint(&orphans[i])
	}
	for i := range orphans {
		tcpip.DeleteDanglingEndpoint(&orphans[i])
	}
}

func types(w *wire.Wire) {
	for t := range 1 << 16 {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, 60))})
		w.Link.InjectInbound(tcpip.NetworkProtocolNumber(t), pkt)
		pkt.DecRef()
	}
}

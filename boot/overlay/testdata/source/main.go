// Source sends a datagram of which the source is given, one of two addresses of the
// interface, over IPv4 and from a socket of IPv6 that speaks both. Exit status 1: it comes
// from the other.
package main

import (
	"bytes"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"yolk/boot/overlay/testdata/wire"
)

var (
	first  = tcpip.AddrFrom4([4]byte{10, 0, 0, 1})
	second = tcpip.AddrFrom4([4]byte{10, 0, 0, 2})
)

func main() {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{udp.NewProtocol},
	})
	check(s.CreateNIC(1, loopback.New()))
	for _, a := range []tcpip.Address{first, second} {
		check(s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: a.WithPrefix()}, stack.AddressProperties{}))
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	sink := open(s, ipv4.ProtocolNumber)
	check(sink.Bind(tcpip.FullAddress{Port: 53}))
	send(open(s, ipv4.ProtocolNumber), sink, tcpip.FullAddress{Addr: first, Port: 53})
	send(open(s, ipv6.ProtocolNumber), sink, tcpip.FullAddress{Addr: tcpip.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 10, 15: 1}), Port: 53})
	far := tcpip.WriteOptions{To: &tcpip.FullAddress{Addr: first, Port: 53}}
	far.ControlMessages.HasIPv6PacketInfo = true
	far.ControlMessages.IPv6PacketInfo.Addr = tcpip.AddrFrom4([4]byte{10, 0, 0, 3})
	if _, err := open(s, ipv4.ProtocolNumber).Write(bytes.NewReader([]byte("x")), far); err == nil {
		wire.Fail("a datagram comes from an address that is nobody's")
	}
}

func open(s *stack.Stack, protocol tcpip.NetworkProtocolNumber) tcpip.Endpoint {
	ep, err := s.NewEndpoint(udp.ProtocolNumber, protocol, &waiter.Queue{})
	check(err)
	return ep
}

// send sends from the second address, and looks from where it comes.
func send(from, sink tcpip.Endpoint, to tcpip.FullAddress) {
	o := tcpip.WriteOptions{To: &to}
	o.ControlMessages.HasIPv6PacketInfo = true
	o.ControlMessages.IPv6PacketInfo.Addr = second
	_, err := from.Write(bytes.NewReader([]byte("x")), o)
	check(err)
	var b bytes.Buffer
	got, err := sink.Read(&b, tcpip.ReadOptions{NeedRemoteAddr: true})
	check(err)
	if got.RemoteAddr.Addr != second {
		wire.Fail("a datagram from %s comes from %s", second, got.RemoteAddr.Addr)
	}
}

func check(err tcpip.Error) {
	if err != nil {
		wire.Fail("%s", err)
	}
}

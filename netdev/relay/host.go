package relay

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/netdev"
	"yolk/netdev/netstack"
)

// Host is a network stack, IPv4 and TCP, at a cable's end. It is gVisor's as
// published, which has what package overlay mends in images: both ends of a
// connection must read while they write, and losses are found by SACK without RACK
// (RFC 8985), with which it crawls after a timeout. What is lost a second time then
// takes a timeout, which is kept short: a machine that has only just started may
// have taken its time at first.
type Host struct {
	*stack.Stack
	Endpoint *netstack.Endpoint
	addr     tcpip.Address
}

// NewHost opens the cable's end and gives it an address.
func NewHost(end netdev.Driver, addr netip.Prefix) (*Host, error) {
	dev := netdev.New(end)
	if err := dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		return nil, err
	}
	ep, err := netstack.New(dev)
	if err != nil {
		return nil, err
	}
	h := &Host{Endpoint: ep, addr: tcpip.AddrFromSlice(addr.Addr().AsSlice()), Stack: stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})}
	sack, recovery, patience := tcpip.TCPSACKEnabled(true), tcpip.TCPRecovery(0), tcpip.TCPMaxRTOOption(time.Second)
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &recovery, &patience} {
		if e := h.SetTransportProtocolOption(tcp.ProtocolNumber, o); e != nil {
			return nil, fmt.Errorf("relay: TCP option %T: %s", o, e)
		}
	}
	if e := h.CreateNICWithOptions(1, ep, stack.NICOptions{QDisc: ep}); e != nil {
		return nil, fmt.Errorf("relay: interface: %s", e)
	}
	if e := h.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: h.addr, PrefixLen: addr.Bits()}}, stack.AddressProperties{}); e != nil {
		return nil, fmt.Errorf("relay: address %v: %s", addr, e)
	}
	h.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	return h, nil
}

// Dial connects to a port of a neighbour.
func (h *Host) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	at := tcpip.FullAddress{NIC: 1, Addr: tcpip.AddrFromSlice(to.Addr().AsSlice()), Port: to.Port()}
	return gonet.DialContextTCP(ctx, h.Stack, at, ipv4.ProtocolNumber)
}

// Listen waits for connections to a port.
func (h *Host) Listen(port uint16) (net.Listener, error) {
	return gonet.ListenTCP(h.Stack, tcpip.FullAddress{NIC: 1, Addr: h.addr, Port: port}, ipv4.ProtocolNumber)
}

// String says what TCP did, and what was refused.
func (h *Host) String() string {
	s := h.Stats()
	return fmt.Sprintf("%d segments sent, %d again, %d timeouts; received %d bad TCP, %d bad IP, %d foreign",
		s.TCP.SegmentsSent.Value(), s.TCP.Retransmits.Value(), s.TCP.Timeouts.Value(),
		s.TCP.ChecksumErrors.Value(), s.IP.MalformedPacketsReceived.Value(), h.Endpoint.Stats().RxForeign)
}

// Close ends the stack and closes the device.
func (h *Host) Close() {
	h.Endpoint.Close()
	h.Endpoint.Wait()
	h.Stack.Close()
}

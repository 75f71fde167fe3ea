package vnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Every network has the same addresses: none can reach another, nor the computer's own.
// The gateway has the first.
var (
	Subnet  = netip.MustParsePrefix("10.77.0.0/16")
	Gateway = stationAt(1)
)

// stationAt is number n of the network.
func stationAt(n int) station {
	ip := Subnet.Addr().As4()
	ip[2], ip[3] = byte(n>>8), byte(n)
	// 52:54 is what QEMU's addresses begin with: locally administered, of a station.
	return station{mac{0x52, 0x54, ip[0], ip[1], ip[2], ip[3]}, netip.AddrFrom4(ip)}
}

// Limits of the gateway.
const (
	nic            = 1
	mtu            = 1500
	connecting     = 256              // connections outward that are being made
	connectTime    = 10 * time.Second // that one may take
	datagramLength = 64 << 10
	datagramIdle   = 30 * time.Second // after which an exchange of datagrams is over
)

// A gateway leads machines to the outside, and ports of this computer to machines. What
// leaves for another address than its own is taken up here, as if it were all of them,
// and led on by this computer's sockets: TCP and UDP.
type gateway struct {
	stack *stack.Stack
	link  *channel.Endpoint
	port  *port
}

// newGateway makes one on a switch. resolve answers requests for names.
func newGateway(s *Switch, resolve func([]byte) []byte) (*gateway, error) {
	g := &gateway{
		stack: stack.New(stack.Options{
			NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
			TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
		}),
		link: channel.New(queueLength, mtu+headerSize, tcpip.LinkAddress(Gateway.mac[:])),
		port: s.attach(Gateway.mac),
	}
	address := tcpip.ProtocolAddress{Protocol: header.IPv4ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{
		Address: tcpip.AddrFrom4(Gateway.ip.As4()), PrefixLen: Subnet.Bits()}}
	for _, e := range []tcpip.Error{
		g.stack.CreateNIC(nic, ethernet.New(g.link)), g.stack.AddProtocolAddress(nic, address, stack.AddressProperties{}),
		g.stack.SetPromiscuousMode(nic, true), g.stack.SetSpoofing(nic, true),
	} {
		if e != nil {
			return nil, errors.New("the gateway: " + e.String())
		}
	}
	g.stack.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
	g.stack.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(g.stack, 0, connecting, g.connection).HandlePacket)
	g.stack.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(g.stack, func(r *udp.ForwarderRequest) bool { return g.exchange(r, resolve) }).HandlePacket)
	go g.receive()
	go g.transmit(s)
	return g, nil
}

// receive hands the switch's frames to the stack.
func (g *gateway) receive() {
	for frame := range g.port.queue {
		if !forGateway(frame) {
			continue
		}
		// The ethernet endpoint takes the header off, and learns the protocol from it.
		p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
		g.link.InjectInbound(0, p)
		p.DecRef()
	}
}

// forGateway reports whether a frame is for the gateway. The stack, to which every address
// is its own, would take those to others as well, and answer who asks for their addresses.
func forGateway(frame []byte) bool {
	if isARP(frame) {
		return netip.AddrFrom4([4]byte(frame[arpTarget+6:])) == Gateway.ip
	}
	return destination(frame) == Gateway.mac || destination(frame).group()
}

// transmit hands the stack's to the switch.
func (g *gateway) transmit(s *Switch) {
	for {
		p := g.link.ReadContext(context.Background())
		if p == nil {
			return
		}
		v := p.ToView()
		s.pass(g.port, append([]byte(nil), v.AsSlice()...))
		v.Release()
		p.DecRef()
	}
}

// connection leads a machine's connection outward.
func (g *gateway) connection(r *tcp.ForwarderRequest) {
	to := target(r.ID())
	if Subnet.Contains(to.Addr()) {
		r.Complete(true) // nobody is there
		return
	}
	d := net.Dialer{Timeout: connectTime}
	outside, err := d.Dial("tcp", to.String())
	if err != nil {
		r.Complete(true)
		return
	}
	var wq waiter.Queue
	ep, e := r.CreateEndpoint(&wq)
	r.Complete(e != nil)
	if e != nil {
		outside.Close()
		return
	}
	go join(gonet.NewTCPConn(&wq, ep), outside.(*net.TCPConn))
}

func target(id stack.TransportEndpointID) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(id.LocalAddress.As4()), id.LocalPort)
}

// A half is a connection of which each direction ends by itself.
type half interface {
	net.Conn
	CloseWrite() error
}

// join copies both ways between connections until both have ended.
func join(a, b half) {
	var copying sync.WaitGroup
	way := func(to, from half) {
		if _, err := io.Copy(to, from); err != nil {
			to.Close()
			from.Close()
		}
		to.CloseWrite()
	}
	copying.Go(func() { way(a, b) })
	copying.Go(func() { way(b, a) })
	copying.Wait()
	a.Close()
	b.Close()
}

// domain is the port of name servers (RFC 1035).
const domain = 53

// exchange answers a request for a name, or leads a machine's datagrams outward.
func (g *gateway) exchange(r *udp.ForwarderRequest, resolve func([]byte) []byte) bool {
	to := target(r.ID())
	if Subnet.Contains(to.Addr()) && (to.Addr() != Gateway.ip || to.Port() != domain) {
		return false
	}
	var wq waiter.Queue
	ep, e := r.CreateEndpoint(&wq)
	if e != nil {
		return false
	}
	inside := gonet.NewUDPConn(&wq, ep)
	if to.Addr() == Gateway.ip {
		go answerNames(inside, resolve)
		return true
	}
	outside, err := net.Dial("udp", to.String())
	if err != nil {
		inside.Close()
		return false
	}
	go copyDatagrams(inside, outside)
	go copyDatagrams(outside, inside)
	return true
}

// copyDatagrams copies them until there are none for a while, and ends both ways.
func copyDatagrams(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, datagramLength)
	for {
		from.SetReadDeadline(time.Now().Add(datagramIdle))
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// answerNames answers requests of one socket until there are none for a while.
func answerNames(c net.Conn, resolve func([]byte) []byte) {
	defer c.Close()
	b := make([]byte, datagramLength)
	for {
		c.SetReadDeadline(time.Now().Add(datagramIdle))
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if answer := resolve(b[:n]); answer != nil {
			c.Write(answer)
		}
	}
}

// dial connects to a machine.
func (g *gateway) dial(ctx context.Context, to netip.AddrPort) (*gonet.TCPConn, error) {
	return gonet.DialContextTCP(ctx, g.stack, tcpip.FullAddress{NIC: nic, Addr: tcpip.AddrFrom4(to.Addr().As4()), Port: to.Port()}, header.IPv4ProtocolNumber)
}

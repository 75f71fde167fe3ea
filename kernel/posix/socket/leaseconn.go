package socket

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Ports of DHCP (RFC 2131 4.1).
const (
	serverPort = 67
	clientPort = 68
)

// leaseConn carries DHCP on an interface that may have no address: it receives
// by a UDP endpoint, which hears broadcasts, and builds the packets it
// broadcasts itself, because the stack has no source address for them.
type leaseConn struct {
	s     *Stack
	id    tcpip.NICID
	ep    tcpip.Endpoint
	queue waiter.Queue
	entry waiter.Entry
	ready chan struct{}
	in    sink
}

var broadcastMAC = tcpip.LinkAddress("\xff\xff\xff\xff\xff\xff")

func newLeaseConn(s *Stack, id tcpip.NICID) (*leaseConn, error) {
	c := &leaseConn{s: s, id: id, in: sink{drop: true}}
	ep, err := s.net.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, &c.queue)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %s", err)
	}
	c.ep = ep
	c.entry, c.ready = waiter.NewChannelEntry(events)
	c.queue.EventRegister(&c.entry)
	ep.SocketOptions().SetReuseAddress(true)
	if err := ep.SocketOptions().SetBindToDevice(int32(id)); err != nil {
		c.close()
		return nil, fmt.Errorf("bind to interface: %s", err)
	}
	if err := ep.Bind(tcpip.FullAddress{Port: clientPort}); err != nil {
		c.close()
		return nil, fmt.Errorf("port %d: %s", clientPort, err)
	}
	return c, nil
}

func (c *leaseConn) close() {
	c.queue.EventUnregister(&c.entry)
	c.ep.Close()
}

// Send implements dhcp.Conn.
func (c *leaseConn) Send(m []byte, to netip.Addr) error {
	if !to.IsValid() {
		return c.broadcast(m)
	}
	dst := tcpip.FullAddress{NIC: c.id, Addr: address(to), Port: serverPort}
	if _, err := c.ep.Write(&payload{vector{cur: m}, len(m)}, tcpip.WriteOptions{To: &dst}); err != nil {
		return fmt.Errorf("to %v: %s", to, err)
	}
	return nil
}

// broadcast sends a message from our address, or 0.0.0.0, to 255.255.255.255.
func (c *leaseConn) broadcast(m []byte) error {
	src := header.IPv4Any
	if a, err := c.s.net.GetMainNICAddress(c.id, ipv4.ProtocolNumber); err == nil && a.Address.Len() == 4 {
		src = a.Address
	}
	p := udpPacket(m, src, header.IPv4Broadcast)
	if err := c.s.net.WritePacketToRemote(c.id, broadcastMAC, ipv4.ProtocolNumber, buffer.MakeWithData(p)); err != nil {
		return fmt.Errorf("broadcast: %s", err)
	}
	return nil
}

// udpPacket builds an IPv4 packet {header 20, UDP header 8, m} between the
// DHCP ports.
func udpPacket(m []byte, src, dst tcpip.Address) []byte {
	b := make([]byte, header.IPv4MinimumSize+header.UDPMinimumSize+len(m))
	ip, u := header.IPv4(b), header.UDP(b[header.IPv4MinimumSize:])
	copy(u.Payload(), m)
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(b)), TTL: ipv4.DefaultTTL, Protocol: uint8(udp.ProtocolNumber), SrcAddr: src, DstAddr: dst})
	ip.SetChecksum(^ip.CalculateChecksum())
	u.Encode(&header.UDPFields{SrcPort: clientPort, DstPort: serverPort, Length: uint16(len(u))})
	sum := header.PseudoHeaderChecksum(udp.ProtocolNumber, src, dst, uint16(len(u)))
	u.SetChecksum(^u.CalculateChecksum(checksum.Checksum(m, sum)))
	return b
}

// Receive implements dhcp.Conn.
func (c *leaseConn) Receive(ctx context.Context, b []byte, deadline time.Time) (int, error) {
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	for {
		c.in.vector, c.in.n = vector{cur: b}, 0
		_, err := c.ep.Read(&c.in, tcpip.ReadOptions{})
		c.in.vector = vector{}
		switch err.(type) {
		case nil:
			return c.in.n, nil
		case *tcpip.ErrWouldBlock:
		case *tcpip.ErrClosedForReceive, *tcpip.ErrInvalidEndpointState:
			return 0, os.ErrClosed
		default:
			continue // an ICMP error about what was sent: read on
		}
		select {
		case <-c.ready:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-t.C:
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// inUse probes by ARP whether another host has the address (RFC 5227).
func (k *keeper) inUse(ctx context.Context, a netip.Addr) bool {
	result := make(chan stack.DADResult, 1)
	d, err := k.s.net.CheckDuplicateAddress(k.id, ipv4.ProtocolNumber, address(a), func(r stack.DADResult) { result <- r })
	if err != nil || d == stack.DADDisabled {
		return false
	}
	select {
	case r := <-result:
		_, dup := r.(*stack.DADDupAddrDetected)
		return dup
	case <-ctx.Done():
		return false
	}
}

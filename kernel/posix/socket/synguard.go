package socket

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// A synGuard answers SYNs in a flood, from the frame as it came, before the stack
// makes a packet of it and looks up routes: with a cookie (RFC 4987, 3.6) that the
// listener knows as its own when the peer confirms it. The answer goes back to where
// the frame came from. It offers no window scaling, timestamps or SACK, for which
// there is no room in a cookie.
type synGuard struct {
	link guarded
	call func(frame, reply []byte, sound bool) int // answer, as a value
	// find returns the endpoint for a packet, nil when it is not for this machine.
	find func(tcpip.NetworkProtocolNumber, stack.TransportEndpointID) any
	sent *tcpip.StatCounter
}

// guarded is a link endpoint that lets frames be answered, such as netstack's.
type guarded interface {
	stack.LinkEndpoint
	SetAnswer(func(frame, reply []byte, sound bool) int)
}

// addGuard makes the guard of a link that can have one.
func (s *Stack) addGuard(id tcpip.NICID, ep stack.LinkEndpoint) {
	link, ok := ep.(guarded)
	if !ok {
		return
	}
	g := &synGuard{link: link, sent: s.net.Stats().TCP.ListenOverflowSynCookieSent}
	var known atomic.Pointer[tcpip.Address] // a flood is for one address; it may outlive it a little
	g.find = func(proto tcpip.NetworkProtocolNumber, to stack.TransportEndpointID) any {
		if k := known.Load(); k == nil || to.LocalAddress != *k {
			if s.net.CheckLocalAddress(0, proto, to.LocalAddress) == 0 {
				return nil
			}
			known.Store(new(to.LocalAddress))
		}
		return s.net.FindTransportEndpoint(proto, tcp.ProtocolNumber, to, id)
	}
	g.call = g.answer
	addTo(s, &s.guards, g)
}

// arm has the guards answer, or be silent. It does not block.
func (s *Stack) arm(on bool) {
	if guards := s.guards.Load(); guards != nil {
		for _, g := range *guards {
			if on {
				g.link.SetAnswer(g.call)
			} else {
				g.link.SetAnswer(nil)
			}
		}
	}
}

// cookies is a listening endpoint of the stack that images have (boot/overlay).
type cookies interface {
	EndpointState() tcp.EndpointState
	Cookie(id stack.TransportEndpointID, sequence uint32, mss uint16) (cookie uint32, window uint16, room, ok bool)
}

// The longest SYN that is looked at, with all options, and the answer.
const (
	maxSYN    = header.EthernetMinimumSize + header.IPv6MinimumSize + header.TCPHeaderMaximumSize
	mssOption = 4
	synHops   = 64
)

// refused is what is answered to a SYN for which its listener has no room: nothing, and
// the stack need not see it.
const refused = -1

// answer writes the answer to a frame to reply, which has room for maxSYN bytes, and
// returns its length; 0 when the frame is for the stack, and refused. sound tells that the
// device has verified the checksums.
func (g *synGuard) answer(frame, reply []byte, sound bool) int {
	if len(frame) > maxSYN || len(frame) < header.EthernetMinimumSize+header.IPv4MinimumSize+header.TCPMinimumSize {
		return 0
	}
	eth := header.Ethernet(frame)
	switch eth.Type() {
	case ipv4.ProtocolNumber:
		return g.answer4(eth, reply, sound)
	case ipv6.ProtocolNumber:
		return g.answer6(eth, reply, sound)
	}
	return 0
}

func (g *synGuard) answer4(eth header.Ethernet, reply []byte, sound bool) int {
	ip := header.IPv4(eth[header.EthernetMinimumSize:])
	if !ip.IsValid(len(ip)) || ip.HeaderLength() != header.IPv4MinimumSize || ip.More() || ip.FragmentOffset() != 0 ||
		ip.TransportProtocol() != tcp.ProtocolNumber || !sound && !ip.IsChecksumValid() {
		return 0
	}
	const at = header.EthernetMinimumSize + header.IPv4MinimumSize
	src, dst := ip.SourceAddress(), ip.DestinationAddress()
	n := g.answerTCP(ipv4.ProtocolNumber, src, dst, header.TCP(ip.Payload()), reply[at:], sound)
	if n <= 0 {
		return n
	}
	out := header.IPv4(reply[header.EthernetMinimumSize:at])
	out.Encode(&header.IPv4Fields{
		TotalLength: uint16(header.IPv4MinimumSize + n), Flags: header.IPv4FlagDontFragment, TTL: synHops,
		Protocol: uint8(tcp.ProtocolNumber), SrcAddr: dst, DstAddr: src,
	})
	out.SetChecksum(^out.CalculateChecksum())
	return g.back(eth, reply, at+n)
}

func (g *synGuard) answer6(eth header.Ethernet, reply []byte, sound bool) int {
	ip := header.IPv6(eth[header.EthernetMinimumSize:])
	if !ip.IsValid(len(ip)) || ip.NextHeader() != uint8(tcp.ProtocolNumber) {
		return 0
	}
	const at = header.EthernetMinimumSize + header.IPv6MinimumSize
	src, dst := ip.SourceAddress(), ip.DestinationAddress()
	n := g.answerTCP(ipv6.ProtocolNumber, src, dst, header.TCP(ip.Payload()), reply[at:], sound)
	if n <= 0 {
		return n
	}
	header.IPv6(reply[header.EthernetMinimumSize:at]).Encode(&header.IPv6Fields{
		PayloadLength: uint16(n), TransportProtocol: tcp.ProtocolNumber, HopLimit: synHops, SrcAddr: dst, DstAddr: src,
	})
	return g.back(eth, reply, at+n)
}

// answerTCP writes the SYN-ACK for a SYN to one of our listeners and returns its length, as
// answer does.
func (g *synGuard) answerTCP(proto tcpip.NetworkProtocolNumber, src, dst tcpip.Address, t header.TCP, reply []byte, sound bool) int {
	const plain = header.TCPFlagSyn | header.TCPFlagAck | header.TCPFlagRst | header.TCPFlagFin
	if len(t) < header.TCPMinimumSize || int(t.DataOffset()) != len(t) || t.Flags()&plain != header.TCPFlagSyn ||
		len(reply) < header.TCPMinimumSize+mssOption {
		return 0
	}
	if !sound && !t.IsChecksumValid(src, dst, 0, 0) {
		return 0
	}
	id := stack.TransportEndpointID{LocalPort: t.DestinationPort(), LocalAddress: dst, RemotePort: t.SourcePort(), RemoteAddress: src}
	l, ok := g.find(proto, id).(cookies)
	if !ok || l.EndpointState() != tcp.StateListen {
		return 0
	}
	cookie, window, room, ok := l.Cookie(id, t.SequenceNumber(), header.ParseSynOptions(t.Options(), false).MSS)
	switch {
	case !ok:
		return 0
	case !room:
		return refused
	}
	const size = header.TCPMinimumSize + mssOption
	out := header.TCP(reply[:size])
	out.Encode(&header.TCPFields{
		SrcPort: id.LocalPort, DstPort: id.RemotePort, SeqNum: cookie, AckNum: t.SequenceNumber() + 1,
		DataOffset: size, Flags: header.TCPFlagSyn | header.TCPFlagAck, WindowSize: window,
	})
	mss := int(g.link.MTU()) - header.TCPMinimumSize - header.IPv4MinimumSize
	if proto == ipv6.ProtocolNumber {
		mss -= header.IPv6MinimumSize - header.IPv4MinimumSize
	}
	copy(out[header.TCPMinimumSize:], []byte{header.TCPOptionMSS, mssOption, byte(mss >> 8), byte(mss)})
	sum := header.PseudoHeaderChecksum(tcp.ProtocolNumber, dst, src, size)
	out.SetChecksum(^checksum.Checksum(out, sum))
	return size
}

// back completes a reply of n bytes to who sent the frame.
func (g *synGuard) back(eth header.Ethernet, reply []byte, n int) int {
	const size = header.EthernetAddressSize
	copy(reply[:size], eth[size:])
	copy(reply[size:2*size], eth)
	copy(reply[2*size:header.EthernetMinimumSize], eth[2*size:])
	g.sent.Increment()
	return n
}

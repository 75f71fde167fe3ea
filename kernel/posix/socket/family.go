package socket

import (
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"yolk/kernel/posix/file"
)

// NewSocket serves socket(2) for AF_INET and AF_INET6. typ comes without
// SOCK_NONBLOCK and SOCK_CLOEXEC.
func (s *Stack) NewSocket(domain, typ, proto uintptr) (file.Socket, syscall.Errno) {
	var net tcpip.NetworkProtocolNumber
	switch domain {
	case syscall.AF_INET:
		net = ipv4.ProtocolNumber
	case syscall.AF_INET6:
		net = ipv6.ProtocolNumber
	default:
		return nil, syscall.EAFNOSUPPORT
	}
	trans, e := transport(net, typ, proto)
	if e != 0 {
		return nil, e
	}
	q := new(waiter.Queue)
	var ep tcpip.Endpoint
	var err tcpip.Error
	switch {
	case trans == syscall.IPPROTO_RAW: // sends whole packets, receives nothing, raw(7)
		ep, err = s.net.NewRawEndpoint(0, net, q, false)
	case typ == syscall.SOCK_RAW:
		ep, err = s.net.NewRawEndpoint(trans, net, q, true)
	default:
		ep, err = s.net.NewEndpoint(trans, net, q)
	}
	if err != nil {
		if _, unknown := err.(*tcpip.ErrUnknownProtocol); unknown {
			return nil, syscall.EPROTONOSUPPORT
		}
		return nil, errno(err)
	}
	return newSocket(s, ep, q, uint16(domain), uint16(typ), uint16(trans)), 0
}

// transport finds the protocol of a socket type, with socket(2)'s errors.
// Multipath TCP (protocol 262) is refused as by a Linux without it.
func transport(net tcpip.NetworkProtocolNumber, typ, proto uintptr) (tcpip.TransportProtocolNumber, syscall.Errno) {
	ping := icmp.ProtocolNumber4
	if net == ipv6.ProtocolNumber {
		ping = icmp.ProtocolNumber6
	}
	p := tcpip.TransportProtocolNumber(proto)
	switch typ {
	case syscall.SOCK_STREAM:
		if proto == 0 || proto == syscall.IPPROTO_TCP {
			return tcp.ProtocolNumber, 0
		}
	case syscall.SOCK_DGRAM:
		if proto == 0 || proto == syscall.IPPROTO_UDP {
			return udp.ProtocolNumber, 0
		}
		if p == ping {
			return ping, 0
		}
	case syscall.SOCK_RAW:
		if proto > 0 && proto < 256 {
			return p, 0
		}
	case syscall.SOCK_SEQPACKET, syscall.SOCK_RDM, syscall.SOCK_PACKET, syscall.SOCK_DCCP:
		return 0, syscall.ESOCKTNOSUPPORT
	default:
		return 0, syscall.EINVAL
	}
	return 0, syscall.EPROTONOSUPPORT
}

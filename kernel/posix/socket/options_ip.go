package socket

import (
	"encoding/binary"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// setIP sets the IPPROTO_IP options that are not plain numbers.
func (k *Socket) setIP(name int, b []byte) syscall.Errno {
	switch name {
	case syscall.IP_ADD_MEMBERSHIP, syscall.IP_DROP_MEMBERSHIP:
		m, e := parseMreq(b)
		if e != 0 {
			return e
		}
		return k.membership(m, name == syscall.IP_ADD_MEMBERSHIP)
	case mcastJoin, mcastLeave:
		return k.setGroup(b, name == mcastJoin)
	case syscall.IP_MULTICAST_IF:
		return k.setMulticastIf(b)
	case syscall.IP_PKTINFO:
		v, e := parseInt(solIP, b)
		if e == 0 {
			k.opts.pktinfo4.Store(v != 0)
			k.ep.SocketOptions().SetReceivePacketInfo(v != 0 || k.opts.pktinfo6.Load())
		}
		return e
	case ipMinTTL, syscall.IP_FREEBIND, syscall.IP_TRANSPARENT:
		return syscall.EOPNOTSUPP
	}
	return syscall.ENOPROTOOPT
}

// getIP reads the IPPROTO_IP options that are not plain numbers.
func (k *Socket) getIP(name int, b []byte) (int, syscall.Errno) {
	switch name {
	case syscall.IP_PKTINFO:
		return putBool(b, k.opts.pktinfo4.Load())
	case syscall.IP_MTU:
		return k.mtu(b)
	case syscall.IP_MULTICAST_IF:
		var o tcpip.MulticastInterfaceOption
		if err := k.ep.GetSockOpt(&o); err != nil {
			return 0, errno(err)
		}
		clear(b[:4])
		copy(b[:4], o.InterfaceAddr.AsSlice())
		return 4, 0
	}
	return 0, syscall.ENOPROTOOPT
}

// setIPv6 sets the IPPROTO_IPV6 options that are not plain numbers.
func (k *Socket) setIPv6(name int, b []byte) syscall.Errno {
	switch name {
	case syscall.IPV6_JOIN_GROUP, syscall.IPV6_LEAVE_GROUP:
		if len(b) < 20 { // ipv6_mreq {addr, ifindex}
			return syscall.EINVAL
		}
		m := tcpip.MembershipOption{
			MulticastAddr: tcpip.AddrFrom16([16]byte(b)),
			NIC:           tcpip.NICID(binary.NativeEndian.Uint32(b[16:])),
		}
		return k.membership(m, name == syscall.IPV6_JOIN_GROUP)
	case mcastJoin, mcastLeave:
		return k.setGroup(b, name == mcastJoin)
	}
	v, e := parseInt(solIPv6, b)
	if e != 0 {
		return e
	}
	switch name {
	case syscall.IPV6_MULTICAST_IF:
		return errno(k.ep.SetSockOptInt(tcpip.IPv6MulticastInterfaceOption, v))
	case syscall.IPV6_RECVPKTINFO:
		k.opts.pktinfo6.Store(v != 0)
		k.ep.SocketOptions().SetIPv6ReceivePacketInfo(v != 0)
		k.ep.SocketOptions().SetReceivePacketInfo(v != 0 || k.opts.pktinfo4.Load())
		return 0
	case syscall.IPV6_CHECKSUM:
		if k.typ != syscall.SOCK_RAW {
			return syscall.ENOPROTOOPT
		}
		return syscall.EOPNOTSUPP
	}
	return syscall.ENOPROTOOPT
}

// getIPv6 reads the IPPROTO_IPV6 options that are not plain numbers.
func (k *Socket) getIPv6(name int, b []byte) (int, syscall.Errno) {
	switch name {
	case syscall.IPV6_RECVPKTINFO:
		return putBool(b, k.opts.pktinfo6.Load())
	case syscall.IPV6_MTU:
		return k.mtu(b)
	case syscall.IPV6_MULTICAST_IF:
		v, err := k.ep.GetSockOptInt(tcpip.IPv6MulticastInterfaceOption)
		if err != nil {
			return 0, errno(err)
		}
		return putInt(b, v)
	}
	return 0, syscall.ENOPROTOOPT
}

// setICMPv6 takes the icmp6_filter of raw sockets: 256 bits, 1 is blocked.
func (k *Socket) setICMPv6(name int, b []byte) syscall.Errno {
	if name != icmp6Filter || k.typ != syscall.SOCK_RAW {
		return syscall.ENOPROTOOPT
	}
	var f tcpip.ICMPv6Filter
	if len(b) < 4*len(f.DenyType) {
		return syscall.EINVAL
	}
	for i := range f.DenyType {
		f.DenyType[i] = binary.NativeEndian.Uint32(b[4*i:])
	}
	return errno(k.ep.SetSockOpt(&f))
}

// mtu answers IP_MTU and IPV6_MTU: the MTU towards the peer's interface.
func (k *Socket) mtu(b []byte) (int, syscall.Errno) {
	peer, err := k.ep.GetRemoteAddress()
	if err != nil {
		return 0, errno(err)
	}
	return putInt(b, int(k.stack.mtuTo(peer)))
}

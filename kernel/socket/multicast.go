package socket

import (
	"encoding/binary"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// membership joins or leaves a multicast group on an interface.
func (k *Socket) membership(m tcpip.MembershipOption, join bool) syscall.Errno {
	if join {
		o := tcpip.AddMembershipOption(m)
		return errno(k.ep.SetSockOpt(&o))
	}
	o := tcpip.RemoveMembershipOption(m)
	return errno(k.ep.SetSockOpt(&o))
}

// parseMreq reads an ip_mreq {group, interface address} or an ip_mreqn
// {group, interface address, ifindex}.
func parseMreq(b []byte) (tcpip.MembershipOption, syscall.Errno) {
	if len(b) < 8 {
		return tcpip.MembershipOption{}, syscall.EINVAL
	}
	m := tcpip.MembershipOption{MulticastAddr: tcpip.AddrFrom4([4]byte(b))}
	if ip := [4]byte(b[4:8]); ip != [4]byte{} {
		m.InterfaceAddr = tcpip.AddrFrom4(ip)
	}
	if len(b) >= 12 {
		m.NIC = tcpip.NICID(binary.NativeEndian.Uint32(b[8:]))
	}
	if m.NIC != 0 {
		m.InterfaceAddr = tcpip.Address{} // the index counts, ip(7)
	}
	return m, 0
}

// setGroup reads a group_req {ifindex uint32, padding 4, sockaddr_storage} of
// MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP (RFC 3678).
func (k *Socket) setGroup(b []byte, join bool) syscall.Errno {
	if len(b) < 8+sizeofIn {
		return syscall.EINVAL
	}
	a, e := parseAddr(b[8:], binary.NativeEndian.Uint16(b[8:]))
	if e != 0 {
		return e
	}
	nic := tcpip.NICID(binary.NativeEndian.Uint32(b))
	return k.membership(tcpip.MembershipOption{NIC: nic, MulticastAddr: a.Addr}, join)
}

// setMulticastIf chooses the interface of outgoing multicast by an address, an
// ip_mreq or an ip_mreqn.
func (k *Socket) setMulticastIf(b []byte) syscall.Errno {
	var o tcpip.MulticastInterfaceOption
	switch {
	case len(b) >= 8:
		m, e := parseMreq(b)
		if e != 0 {
			return e
		}
		o.NIC, o.InterfaceAddr = m.NIC, m.InterfaceAddr
	case len(b) >= 4:
		if ip := [4]byte(b); ip != [4]byte{} {
			o.InterfaceAddr = tcpip.AddrFrom4(ip)
		}
	default:
		return syscall.EINVAL
	}
	return errno(k.ep.SetSockOpt(&o))
}

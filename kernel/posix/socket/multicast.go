package socket

import (
	"encoding/binary"
	"slices"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// membership joins or leaves a multicast group on an interface.
func (k *Socket) membership(m tcpip.MembershipOption, join bool) syscall.Errno {
	if m.NIC == 0 { // the stack would find one, and not say which
		m.NIC = k.stack.groupNIC(m)
		m.InterfaceAddr = tcpip.Address{}
	}
	g := member{m.NIC, m.MulticastAddr}
	if join {
		o := tcpip.AddMembershipOption(m)
		if err := k.ep.SetSockOpt(&o); err != nil {
			return errno(err)
		}
		k.noteGroup(g, true)
		return 0
	}
	o := tcpip.RemoveMembershipOption(m)
	if err := k.ep.SetSockOpt(&o); err != nil {
		return errno(err)
	}
	k.noteGroup(g, false)
	return 0
}

// groupNIC is the interface a membership means when it has no number: the one
// with the given address, or the one packets to the group leave by. 0 is none.
func (s *Stack) groupNIC(m tcpip.MembershipOption) tcpip.NICID {
	p := protocolOf(m.MulticastAddr)
	if !m.InterfaceAddr.Unspecified() {
		return s.net.CheckLocalAddress(0, p, m.InterfaceAddr)
	}
	r, err := s.net.FindRoute(0, tcpip.Address{}, m.MulticastAddr, p, false)
	if err != nil {
		return 0
	}
	defer r.Release()
	return r.NICID()
}

// noteGroup keeps the stack's list of groups; Close gives up what is left.
func (k *Socket) noteGroup(g member, joined bool) {
	k.opts.mu.Lock()
	defer k.opts.mu.Unlock()
	if joined {
		k.opts.groups = append(k.opts.groups, g)
		k.stack.members.add(g, 1)
		return
	}
	if i := slices.Index(k.opts.groups, g); i >= 0 {
		k.opts.groups = slices.Delete(k.opts.groups, i, i+1)
		k.stack.members.add(g, -1)
	}
}

func (k *Socket) leaveGroups() {
	k.opts.mu.Lock()
	defer k.opts.mu.Unlock()
	for _, g := range k.opts.groups {
		k.stack.members.add(g, -1)
	}
	k.opts.groups = nil
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

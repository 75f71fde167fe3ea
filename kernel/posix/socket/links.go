package socket

import (
	"net/netip"
	"slices"
	"sort"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/kernel/posix/socket/netlink"
)

// The methods below implement netlink.Source.

// Links lists the interfaces by number.
func (s *Stack) Links() []netlink.Link {
	var all []netlink.Link
	for id, i := range s.net.NICInfo() {
		l := netlink.Link{Index: int(id), Name: i.Name, MTU: i.MTU, Type: uint16(i.ARPHardwareType), Flags: s.linkFlags(id, &i)}
		l.Hardware = []byte(i.LinkAddress)
		if i.LinkAddress == "" {
			l.Type = typeNone
		}
		if i.Flags.Loopback {
			l.Type, l.Hardware = syscall.ARPHRD_LOOPBACK, make([]byte, 6)
		}
		all = append(all, l)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Index < all[j].Index })
	return all
}

// typeNone is ARPHRD_NONE, of an interface without a link layer.
const typeNone = 0xfffe

// lowerUp is IFF_LOWER_UP: there is a carrier.
const lowerUp = 1 << 16

// linkFlags are the IFF_ bits of an interface (netdevice(7)).
func (s *Stack) linkFlags(id tcpip.NICID, i *stack.NICInfo) uint32 {
	f := uint32(0)
	if i.Flags.Running { // enabled: the stack says of each that it is up
		f |= syscall.IFF_UP
	}
	if c := s.carrier(id); i.Flags.Running && (c == nil || !c.down.Load()) {
		f |= syscall.IFF_RUNNING | lowerUp
	}
	if i.Flags.Promiscuous {
		f |= syscall.IFF_PROMISC
	}
	if i.Flags.Loopback {
		return f | syscall.IFF_LOOPBACK
	}
	if i.LinkAddress == "" {
		return f | syscall.IFF_POINTOPOINT | syscall.IFF_NOARP | syscall.IFF_MULTICAST
	}
	return f | syscall.IFF_BROADCAST | syscall.IFF_MULTICAST
}

// Addrs lists the addresses by interface, those too that are tentative, which others may
// turn out to have (RFC 4862, 5.4). NICInfo has not those, and AllAddresses has broadcast
// addresses as well.
func (s *Stack) Addrs() []netlink.Addr {
	var all []netlink.Addr
	assigned := s.net.NICInfo()
	for id, addrs := range s.net.AllAddresses() {
		i, ok := assigned[id]
		if !ok {
			continue
		}
		for _, a := range addrs {
			ip, ok := netipAddr(a.AddressWithPrefix.Address)
			tentative := !slices.Contains(i.ProtocolAddresses, a)
			if !ok || ip.IsUnspecified() || tentative && ip.Is4() {
				continue
			}
			p := netip.PrefixFrom(ip, a.AddressWithPrefix.PrefixLen)
			all = append(all, netlink.Addr{Index: int(id), Name: i.Name, Prefix: p, Tentative: tentative})
		}
		if ip, ok := s.settling.of(id); ok {
			all = append(all, netlink.Addr{Index: int(id), Name: i.Name, Prefix: netip.PrefixFrom(ip, linkLocalBits), Tentative: true})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := &all[i], &all[j]
		return a.Index < b.Index || a.Index == b.Index && a.Prefix.Addr().Less(b.Prefix.Addr())
	})
	return all
}

// Routes lists the routes in the order the stack tries them. Those to groups
// and of lo are left out, as Linux keeps them in other tables.
func (s *Stack) Routes() []netlink.Route {
	var all []netlink.Route
	for _, r := range s.net.GetRouteTable() {
		ip, ok := netipAddr(r.Destination.ID())
		if !ok || ip.IsMulticast() || r.NIC == loID {
			continue
		}
		gw, _ := netipAddr(r.Gateway)
		all = append(all, netlink.Route{Index: int(r.NIC), Dst: netip.PrefixFrom(ip, r.Destination.Prefix()), Gateway: gw})
	}
	return all
}

func netipAddr(a tcpip.Address) (netip.Addr, bool) { return netip.AddrFromSlice(a.AsSlice()) }

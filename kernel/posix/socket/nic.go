package socket

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sort"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// ErrNoInterface says that an interface of that name does not exist.
var ErrNoInterface = errors.New("socket: no such interface")

// AddNIC attaches a link endpoint under a name ("eth0") and brings it up: it
// gets a link-local IPv6 address soon and, from routers, global ones. IPv4
// addresses come from Configure. The stack owns the endpoint from now on. One that is not
// its own queueing discipline must not keep the lists it is given (see direct). The
// link of one that is a Wire is watched.
func (s *Stack) AddNIC(ep stack.LinkEndpoint, name string) error {
	id := firstID
	for s.net.HasNIC(id) {
		id++
	}
	if err := s.createNIC(id, ep, name, false); err != nil {
		return err
	}
	s.addThrottle(ep)
	s.addLink(id, ep)
	s.addGuard(id, ep)
	if w, ok := ep.(Wire); ok {
		s.watch(id, name, w)
	}
	// All groups are reachable on the first such link without a gateway.
	s.setRoutes(id, subnet(tcpip.AddrFrom4([4]byte{224}), 4),
		subnet(tcpip.AddrFrom16([16]byte{0xfe, 0x80}), linkLocalBits), subnet(tcpip.AddrFrom16([16]byte{0xff}), 8))
	s.settling.announce(id, ep.LinkAddress())
	time.AfterFunc(linkLocalMin+rand.N(linkLocalMax-linkLocalMin), func() {
		err := s.addAddress(id, header.LinkLocalAddr(ep.LinkAddress()), linkLocalBits)
		s.settling.arrive(id)
		if err != nil && s.net.HasNIC(id) { // else the stack was closed
			s.opt.Logf("%s: %v", name, err)
		}
	})
	return nil
}

// A host's first solicitation, which the link-local address causes, should come
// after a random time of up to a second (RFC 4862, 5.4.2), so that machines that
// start together do not send together. It is also in nobody's way then.
const (
	linkLocalMin  = 100 * time.Millisecond
	linkLocalMax  = 300 * time.Millisecond
	linkLocalBits = 64
)

func (s *Stack) createNIC(id tcpip.NICID, ep stack.LinkEndpoint, name string, disabled bool) error {
	q, own := ep.(stack.QueueingDiscipline)
	if !own {
		q = &direct{ep}
	}
	if err := s.net.CreateNICWithOptions(id, ep, stack.NICOptions{Name: name, QDisc: q, Disabled: disabled}); err != nil {
		return fmt.Errorf("socket: interface %s: %s", name, err)
	}
	return nil
}

// nicByName returns an interface's number, 0 when there is none.
func (s *Stack) nicByName(name string) tcpip.NICID {
	for id, i := range s.net.NICInfo() {
		if i.Name == name {
			return id
		}
	}
	return 0
}

func protocolOf(a tcpip.Address) tcpip.NetworkProtocolNumber {
	if a.Len() == 4 {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

func (s *Stack) addAddress(id tcpip.NICID, a tcpip.Address, bits int) error {
	p := tcpip.ProtocolAddress{
		Protocol:          protocolOf(a),
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: a, PrefixLen: bits},
	}
	if err := s.net.AddProtocolAddress(id, p, stack.AddressProperties{}); err != nil {
		return fmt.Errorf("socket: address %s: %s", a, err)
	}
	return nil
}

func address(a netip.Addr) tcpip.Address {
	if a.Is4() {
		return tcpip.AddrFrom4(a.As4())
	}
	return tcpip.AddrFrom16(a.As16())
}

// subnet is a/bits without its host part.
func subnet(a tcpip.Address, bits int) tcpip.Subnet {
	return tcpip.AddressWithPrefix{Address: a, PrefixLen: bits}.Subnet()
}

// setRoutes adds direct routes to an interface.
func (s *Stack) setRoutes(id tcpip.NICID, to ...tcpip.Subnet) {
	s.changeRoutes(func() {
		for _, n := range to {
			s.static = append(s.static, tcpip.Route{Destination: n, NIC: id})
		}
	})
}

// dropIPv4 removes an interface's IPv4 routes except the one to groups.
func (s *Stack) dropIPv4(id tcpip.NICID) {
	s.changeRoutes(func() {
		s.static = slices.DeleteFunc(s.static, func(r tcpip.Route) bool {
			n := r.Destination.ID()
			return r.NIC == id && n.Len() == 4 && !header.IsV4MulticastAddress(n)
		})
	})
}

// changeRoutes edits the routes under the lock and hands the whole table to
// the stack, so that updates from several sources cannot overtake each other.
func (s *Stack) changeRoutes(edit func()) {
	s.routeMu.Lock()
	defer s.routeMu.Unlock()
	edit()
	table := slices.Clone(s.static)
	for r := range s.routers {
		table = append(table, tcpip.Route{Destination: r.to, Gateway: r.gateway, NIC: r.nic})
	}
	// The stack takes the first match.
	sort.SliceStable(table, func(i, j int) bool {
		return table[i].Destination.Prefix() > table[j].Destination.Prefix()
	})
	s.net.SetRouteTable(table)
}

// mtuTo is the MTU of the interface a packet to the peer leaves by.
func (s *Stack) mtuTo(peer tcpip.FullAddress) uint32 {
	r, err := s.net.FindRoute(peer.NIC, tcpip.Address{}, peer.Addr, protocolOf(peer.Addr), false)
	if err != nil {
		return 0
	}
	defer r.Release()
	return r.MTU()
}

// A router is a route learned from a router advertisement (RFC 4861, 4191).
type router struct {
	nic     tcpip.NICID
	to      tcpip.Subnet
	gateway tcpip.Address // none: the prefix is on the link
}

// discovery keeps those routes. The stack calls it with its locks held, so the
// table is updated from a goroutine; the order of updates does not matter.
type discovery struct{ s *Stack }

func (d *discovery) set(r router, valid bool) {
	go d.s.changeRoutes(func() {
		if valid {
			d.s.routers[r] = struct{}{}
		} else {
			delete(d.s.routers, r)
		}
	})
}

// The methods below implement ipv6.NDPDispatcher.

func (d *discovery) OnOffLinkRouteUpdated(nic tcpip.NICID, to tcpip.Subnet, gw tcpip.Address, _ header.NDPRoutePreference) {
	d.set(router{nic, to, gw}, true)
}

func (d *discovery) OnOffLinkRouteInvalidated(nic tcpip.NICID, to tcpip.Subnet, gw tcpip.Address) {
	d.set(router{nic, to, gw}, false)
}

func (d *discovery) OnOnLinkPrefixDiscovered(nic tcpip.NICID, to tcpip.Subnet) {
	d.set(router{nic: nic, to: to}, true)
}

func (d *discovery) OnOnLinkPrefixInvalidated(nic tcpip.NICID, to tcpip.Subnet) {
	d.set(router{nic: nic, to: to}, false)
}

func (d *discovery) OnDuplicateAddressDetectionResult(nic tcpip.NICID, a tcpip.Address, r stack.DADResult) {
	d.s.settling.tell()
	if _, dup := r.(*stack.DADDupAddrDetected); dup {
		go d.s.opt.Logf("address %s is already in use on interface %d", a, nic)
	}
}

func (d *discovery) OnAutoGenAddress(tcpip.NICID, tcpip.AddressWithPrefix) stack.AddressDispatcher {
	return nil
}
func (d *discovery) OnAutoGenAddressDeprecated(tcpip.NICID, tcpip.AddressWithPrefix)        {}
func (d *discovery) OnAutoGenAddressInvalidated(tcpip.NICID, tcpip.AddressWithPrefix)       {}
func (d *discovery) OnRecursiveDNSServerOption(tcpip.NICID, []tcpip.Address, time.Duration) {}
func (d *discovery) OnDNSSearchListOption(tcpip.NICID, []string, time.Duration)             {}
func (d *discovery) OnDHCPv6Configuration(tcpip.NICID, ipv6.DHCPv6ConfigurationFromNDPRA)   {}

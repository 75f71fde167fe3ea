package socket

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/kernel/posix/socket/dhcp"
)

// Config is the IPv4 configuration of an interface.
type Config struct {
	// Address is a static address with its prefix length. When it is not
	// valid, the interface asks a DHCP server.
	Address netip.Prefix
	Gateway netip.Addr   // static only; may be invalid
	DNS     []netip.Addr // static, or preferred to the server's
	// Hostname is sent to the DHCP server, and kept when it names another.
	Hostname string
	// Timeout bounds the wait for the first lease; 0 is 8 s. The client goes
	// on trying afterwards.
	Timeout time.Duration
}

const defaultTimeout = 8 * time.Second

// Configure gives the interface its IPv4 address. It returns once the address
// is usable, and for DHCP starts a goroutine that keeps the lease. Call it
// once for an interface.
func (s *Stack) Configure(name string, c Config) error {
	id := s.nicByName(name)
	if id == 0 {
		return fmt.Errorf("%w: %s", ErrNoInterface, name)
	}
	if c.Address.IsValid() {
		return s.configureStatic(id, name, &c)
	}
	return s.configureDHCP(id, name, &c)
}

func (s *Stack) configureStatic(id tcpip.NICID, name string, c *Config) error {
	l := dhcp.Lease{Address: c.Address, DNS: c.DNS}
	if c.Gateway.IsValid() {
		l.Routes = []dhcp.Route{{To: defaultRoute(c.Gateway), Via: c.Gateway}}
	}
	if err := s.assign(id, &l); err != nil {
		return err
	}
	s.opt.Logf("%s: %v gateway %v", name, c.Address, c.Gateway)
	s.writeResolv(&l)
	return nil
}

// defaultRoute is the default route's destination in the gateway's family.
func defaultRoute(gateway netip.Addr) netip.Prefix {
	if gateway.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

func (s *Stack) configureDHCP(id tcpip.NICID, name string, c *Config) error {
	info, ok := s.net.SingleNICInfo(id)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoInterface, name)
	}
	conn, err := newLeaseConn(s, id)
	if err != nil {
		return fmt.Errorf("socket: DHCP on %s: %w", name, err)
	}
	k := keeper{s: s, id: id, name: name, conf: *c, first: make(chan struct{})}
	var back chan struct{}
	if c := s.carrier(id); c != nil {
		back = c.back
	}
	client := dhcp.Client{
		Conn:     conn,
		Hardware: net.HardwareAddr(info.LinkAddress),
		Hostname: c.Hostname,
		Bound:    k.bound,
		Lost:     k.lost,
		InUse:    k.inUse,
		Back:     back,
		Logf:     s.opt.Logf,
	}
	go func() {
		defer conn.close()
		client.Run(context.Background())
	}()
	limit := c.Timeout
	if limit == 0 {
		limit = defaultTimeout
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-k.first:
		return nil
	case <-t.C:
		return fmt.Errorf("no DHCP answer on %s within %v, still trying: is there a server? ip= and gw= go without", name, limit)
	}
}

// A keeper applies a client's leases to an interface. Except for first it is
// used by the client's goroutine only.
type keeper struct {
	s     *Stack
	id    tcpip.NICID
	name  string
	conf  Config
	first chan struct{} // closed at the first lease
	have  dhcp.Lease    // the lease in force, if its address is valid
	once  bool
}

func (k *keeper) bound(l dhcp.Lease) {
	if len(k.conf.DNS) > 0 {
		l.DNS = k.conf.DNS
	}
	if err := k.apply(&l); err != nil {
		k.s.opt.Logf("%s: %v", k.name, err)
		return
	}
	if !k.once {
		k.once = true
		close(k.first)
	}
}

func (k *keeper) apply(l *dhcp.Lease) error {
	if l.Address != k.have.Address {
		if err := k.s.assign(k.id, l); err != nil {
			return err
		}
		k.s.outage.end()("%s: %v from %v for %v", k.name, l.Address, l.Server, l.Expire)
		if l.MTU != 0 {
			k.setMTU(l.MTU)
		}
		if k.conf.Hostname == "" {
			k.s.opt.NameHost(l.Host, "")
		}
	}
	k.have = *l
	k.s.writeResolv(l)
	return nil
}

// setMTU lowers the MTU to what the network carries; it never raises it above
// what the device does.
func (k *keeper) setMTU(n int) {
	if i, ok := k.s.net.SingleNICInfo(k.id); !ok || uint32(n) >= i.MTU {
		return
	}
	if err := k.s.net.SetNICMTU(k.id, uint32(n)); err != nil {
		k.s.opt.Logf("%s: MTU %d: %s", k.name, n, err)
	}
}

func (k *keeper) lost(l dhcp.Lease) {
	k.s.unassign(k.id, l.Address)
	k.have = dhcp.Lease{}
}

// assign puts an address and its routes on an interface.
func (s *Stack) assign(id tcpip.NICID, l *dhcp.Lease) error {
	s.dropIPv4(id)
	a := address(l.Address.Addr())
	if err := s.addAddress(id, a, l.Address.Bits()); err != nil {
		return err
	}
	table := []tcpip.Route{{Destination: subnet(a, l.Address.Bits()), NIC: id}}
	for _, r := range l.Routes {
		via := tcpip.Address{}
		if !r.Via.IsUnspecified() {
			via = address(r.Via)
		}
		table = append(table, tcpip.Route{Destination: subnet(address(r.To.Addr()), r.To.Bits()), Gateway: via, NIC: id})
	}
	s.changeRoutes(func() { s.static = append(s.static, table...) })
	s.announce(id, a)
	s.opt.NameHost("", l.Address.Addr().String())
	return nil
}

// How often and at what interval a new address is announced (RFC 5227, 1.1).
const (
	announcements        = 2
	announcementInterval = 2 * time.Second
)

// announce tells the link whose an IPv4 address is (RFC 5227, 2.3). A neighbour
// that asked before this machine could answer sends now what it holds.
func (s *Stack) announce(id tcpip.NICID, a tcpip.Address) {
	ep, err := s.net.GetNetworkEndpoint(id, arp.ProtocolNumber)
	if err != nil || a.Len() != header.IPv4AddressSize {
		return
	}
	var send func(left int)
	send = func(left int) {
		// It fails when the address has been given up, or the link is down.
		if ep.(stack.LinkAddressResolver).LinkAddressRequest(a, a, "") == nil && left > 1 {
			time.AfterFunc(announcementInterval, func() { send(left - 1) })
		}
	}
	send(announcements)
}

func (s *Stack) unassign(id tcpip.NICID, p netip.Prefix) {
	s.dropIPv4(id)
	if err := s.net.RemoveAddress(id, address(p.Addr())); err != nil {
		s.opt.Logf("address %v: %s", p, err)
	}
}

// resolvConf is where package net's resolver learns its servers.
const resolvConf = "/etc/resolv.conf"

// writeResolv writes resolvConf for package net's resolver. A lease that
// names no server leaves the file that the image may have.
func (s *Stack) writeResolv(l *dhcp.Lease) {
	if s.opt.WriteFile == nil || len(l.DNS) == 0 {
		return
	}
	var b strings.Builder
	if len(l.Search) > 0 {
		fmt.Fprintf(&b, "search %s\n", strings.Join(l.Search, " "))
	}
	for _, a := range l.DNS {
		fmt.Fprintf(&b, "nameserver %v\n", a)
	}
	s.opt.WriteFile(resolvConf, []byte(b.String()))
}

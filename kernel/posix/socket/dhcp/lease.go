package dhcp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// A Lease is what a server granted: an address for a time, and what goes with
// it. Everything in it has been checked.
type Lease struct {
	Address netip.Prefix
	Server  netip.Addr
	Routes  []Route // in order of preference; the default route is 0.0.0.0/0
	DNS     []netip.Addr
	Search  []string // domain names for resolv.conf
	Host    string   // this machine's name, or ""
	MTU     int      // 0: not given

	// Durations from the moment of the request: when to renew with the
	// server, when to ask any server, when the address is lost.
	Renew, Rebind, Expire time.Duration
}

// A Route is a destination and the router to it.
type Route struct {
	To  netip.Prefix
	Via netip.Addr
}

// Bounds on what a server may say.
const (
	minLease     = 30 * time.Second // shorter ones would keep the network busy
	defaultLease = time.Hour        // for servers that name none
	maxServers   = 3                // resolv.conf(5) takes no more
	maxRoutes    = 16
	minMTU       = 576 // RFC 2132 5.1 allows 68; less than IPv4's minimum helps no one
	maxMTU       = 65535
)

// ErrBadLease says that a server's answer cannot be used.
var ErrBadLease = errors.New("dhcp: unusable offer")

// leaseFrom checks an offer or acknowledgement and takes what it grants.
func leaseFrom(m *dhcpv4.DHCPv4) (Lease, error) {
	ip, ok := addrFrom(m.YourIPAddr)
	if !ok || !usable(ip) {
		return Lease{}, fmt.Errorf("%w: address %v", ErrBadLease, m.YourIPAddr)
	}
	server, ok := addrFrom(m.ServerIdentifier())
	if !ok || !usable(server) {
		return Lease{}, fmt.Errorf("%w: server identifier %v", ErrBadLease, m.ServerIdentifier())
	}
	bits := prefixLen(m.SubnetMask(), ip)
	l := Lease{Address: netip.PrefixFrom(ip, bits), Server: server, Host: name(m.HostName())}
	l.Routes = routes(m)
	for _, a := range m.DNS() {
		if d, ok := addrFrom(a); ok && usable(d) && len(l.DNS) < maxServers {
			l.DNS = append(l.DNS, d)
		}
	}
	l.Search = search(m)
	if b := m.Options.Get(dhcpv4.OptionInterfaceMTU); len(b) == 2 {
		if n := int(b[0])<<8 | int(b[1]); n >= minMTU {
			l.MTU = n
		}
	}
	l.times(m)
	return l, nil
}

// times sets T1, T2 and the end of the lease (RFC 2131 4.4.5: half and seven
// eighths unless the server says otherwise).
func (l *Lease) times(m *dhcpv4.DHCPv4) {
	l.Expire = max(m.IPAddressLeaseTime(defaultLease), minLease)
	l.Renew = m.IPAddressRenewalTime(0)
	l.Rebind = m.IPAddressRebindingTime(0)
	if l.Renew < minLease/4 || l.Rebind <= l.Renew || l.Rebind >= l.Expire {
		l.Renew, l.Rebind = l.Expire/2, l.Expire/8*7
	}
}

// routes takes the classless static routes, which replace the router option
// when present (RFC 3442), or else the first router.
func routes(m *dhcpv4.DHCPv4) []Route {
	var all []Route
	for _, r := range m.ClasslessStaticRoute() {
		if r == nil || r.Dest == nil || len(all) == maxRoutes {
			continue
		}
		to, ok := addrFrom(r.Dest.IP)
		via, ok2 := addrFrom(r.Router)
		bits, size := r.Dest.Mask.Size()
		if ok && ok2 && size == 32 && usable(via) {
			all = append(all, Route{netip.PrefixFrom(to, bits).Masked(), via})
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, a := range m.Router() {
		if via, ok := addrFrom(a); ok && usable(via) {
			return []Route{{netip.PrefixFrom(netip.IPv4Unspecified(), 0), via}}
		}
	}
	return nil
}

// search takes the domain search list, or else the domain name.
func search(m *dhcpv4.DHCPv4) []string {
	var all []string
	if l := m.DomainSearch(); l != nil {
		for _, n := range l.Labels {
			if n = name(n); n != "" && len(all) < 6 {
				all = append(all, n)
			}
		}
	}
	if n := name(m.DomainName()); n != "" && len(all) == 0 {
		all = append(all, n)
	}
	return all
}

// name returns s if it is a well-formed domain name, else "". What a server
// sends ends up in files, where a newline would start a line of its own.
func name(s string) string {
	s = strings.TrimRight(s, ".\x00")
	if len(s) > 253 {
		return ""
	}
	for _, label := range strings.Split(s, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' {
			return ""
		}
		for i := range len(label) {
			c := label[i]
			if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
				continue
			}
			return ""
		}
	}
	return s
}

func addrFrom(ip net.IP) (netip.Addr, bool) {
	v4 := ip.To4()
	if v4 == nil {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte(v4)), true
}

// usable says whether a host can have the address.
func usable(a netip.Addr) bool {
	b := a.As4()
	return b[0] != 0 && b[0] < 224 && !a.IsLoopback()
}

// prefixLen turns a mask into a length. Without a proper one it is the
// address's class (RFC 950), at least /8.
func prefixLen(m net.IPMask, ip netip.Addr) int {
	if bits, size := m.Size(); size == 32 && bits >= 8 {
		return bits
	}
	switch b := ip.As4()[0]; {
	case b < 128:
		return 8
	case b < 192:
		return 16
	}
	return 24
}

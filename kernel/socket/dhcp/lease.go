package dhcp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
	"time"
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
	maxSearch    = 6
	minMTU       = 576 // RFC 2132 5.1 allows 68; less than IPv4's minimum helps no one
	maxMTU       = 65535
)

// ErrBadLease says that a server's answer cannot be used.
var ErrBadLease = errors.New("dhcp: unusable offer")

// leaseFrom checks an offer or acknowledgement and takes what it grants.
func leaseFrom(m *message) (Lease, error) {
	if !usable(m.your) {
		return Lease{}, fmt.Errorf("%w: address %v", ErrBadLease, m.your)
	}
	server, ok := m.addr(optServer)
	if !ok || !usable(server) {
		return Lease{}, fmt.Errorf("%w: server identifier %v", ErrBadLease, server)
	}
	l := Lease{Address: netip.PrefixFrom(m.your, prefixLen(m.get(optMask), m.your)), Server: server, Host: name(string(m.get(optHostname)))}
	l.Routes = routes(m)
	for _, d := range m.hosts(optDNS) {
		if len(l.DNS) < maxServers {
			l.DNS = append(l.DNS, d)
		}
	}
	l.Search = search(m)
	if b := m.get(optMTU); len(b) == 2 {
		if n := int(binary.BigEndian.Uint16(b)); n >= minMTU {
			l.MTU = n
		}
	}
	l.times(m)
	return l, nil
}

// times sets T1, T2 and the end of the lease (RFC 2131 4.4.5: half and seven
// eighths unless the server says otherwise).
func (l *Lease) times(m *message) {
	l.Expire = max(m.seconds(optLeaseTime, defaultLease), minLease)
	l.Renew = m.seconds(optRenew, 0)
	l.Rebind = m.seconds(optRebind, 0)
	if l.Renew < minLease/4 || l.Rebind <= l.Renew || l.Rebind >= l.Expire {
		l.Renew, l.Rebind = l.Expire/2, l.Expire/8*7
	}
}

// routes takes the classless static routes, which replace the router option
// when present (RFC 3442), or else the first router.
func routes(m *message) []Route {
	var all []Route
	// Each is a prefix length, the prefix's bytes that are not 0, a router.
	for b := m.get(optRoutes); len(b) > 0 && len(all) < maxRoutes; {
		bits := int(b[0])
		n := (bits + 7) / 8
		if bits > 32 || len(b) < 1+n+4 {
			break
		}
		var to [4]byte
		copy(to[:], b[1:1+n])
		via := netip.AddrFrom4([4]byte(b[1+n:]))
		if b = b[1+n+4:]; usable(via) {
			all = append(all, Route{netip.PrefixFrom(netip.AddrFrom4(to), bits).Masked(), via})
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, via := range m.hosts(optRouter) {
		return []Route{{netip.PrefixFrom(netip.IPv4Unspecified(), 0), via}}
	}
	return nil
}

// search takes the domain search list, or else the domain name.
func search(m *message) []string {
	var all []string
	for _, n := range domains(m.get(optDomainSearch)) {
		if n = name(n); n != "" && len(all) < maxSearch {
			all = append(all, n)
		}
	}
	if n := name(string(m.get(optDomain))); n != "" && len(all) == 0 {
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

// hosts returns the addresses in an option that hosts can have.
func (m *message) hosts(code byte) []netip.Addr {
	var all []netip.Addr
	for b := m.get(code); len(b) >= 4; b = b[4:] {
		if a := netip.AddrFrom4([4]byte(b)); usable(a) {
			all = append(all, a)
		}
	}
	return all
}

// seconds returns an option's duration, or otherwise.
func (m *message) seconds(code byte, otherwise time.Duration) time.Duration {
	if b := m.get(code); len(b) == 4 {
		return time.Duration(binary.BigEndian.Uint32(b)) * time.Second
	}
	return otherwise
}

// usable says whether a host can have the address.
func usable(a netip.Addr) bool {
	b := a.As4()
	return b[0] != 0 && b[0] < 224 && !a.IsLoopback()
}

// prefixLen turns a mask into a length. Without a proper one it is the
// address's class (RFC 950), at least /8.
func prefixLen(mask []byte, ip netip.Addr) int {
	if len(mask) == 4 {
		m := binary.BigEndian.Uint32(mask)
		if n := bits.LeadingZeros32(^m); n >= 8 && m<<n == 0 {
			return n
		}
	}
	switch b := ip.As4()[0]; {
	case b < 128:
		return 8
	case b < 192:
		return 16
	}
	return 24
}

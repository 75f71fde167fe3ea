package netdev

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Extra is what the platform knows about a device's place in the network, from
// the command line for example. The packet API makes no use of it; programs may.
type Extra struct {
	Address  netip.Prefix // own address and mask; the zero Prefix: unknown, ask DHCP
	Gateway  netip.Addr
	DNS      []netip.Addr
	Hostname string
}

// Extra returns what SetExtra was last told.
func (d *Device) Extra() Extra { return *d.extra.Load() }

// SetExtra is for the platform, before it hands the device out.
func (d *Device) SetExtra(e Extra) { d.extra.Store(&e) }

// ErrExtra is wrapped by the errors of ParseExtra.
var ErrExtra = errors.New("netdev: bad option")

// ParseExtra reads the options ip, gw, dns and hostname, which option returns
// the values of, "" for none: ip is "dhcp" or an address with its prefix length,
// dns is a list with commas. (Errors name the option.)
func ParseExtra(option func(name string) string) (e Extra, err error) {
	e.Hostname = option("hostname")
	if ip := option("ip"); ip != "" && ip != "dhcp" {
		if e.Address, err = netip.ParsePrefix(ip); err != nil {
			return e, fmt.Errorf("%w: ip=%s: want dhcp or an address with its prefix length, such as 10.0.2.15/24", ErrExtra, ip)
		}
	}
	if gw := option("gw"); gw != "" {
		if e.Gateway, err = netip.ParseAddr(gw); err != nil {
			return e, fmt.Errorf("%w: gw=%s: not an IP address", ErrExtra, gw)
		}
	}
	for s := range strings.SplitSeq(option("dns"), ",") {
		if s == "" {
			continue
		}
		a, err := netip.ParseAddr(s)
		if err != nil {
			return e, fmt.Errorf("%w: dns=%s: %q is not an IP address", ErrExtra, option("dns"), s)
		}
		e.DNS = append(e.DNS, a)
	}
	return e, nil
}

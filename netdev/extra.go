package netdev

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
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

// ErrOption is wrapped by the errors of ParseOptions.
var ErrOption = errors.New("cannot be used")

// ParseOptions reads the options ip, gw, dns, hostname and eth0, which option returns
// the values of, "" for none: ip is "dhcp" or an address with its prefix length, dns
// a list with commas, eth0 the number of the device that a network stack takes, 0 if
// not given, or "none", which is returned as -1. Errors name the option and say what
// it takes.
func ParseOptions(option func(name string) string) (e Extra, eth0 int, err error) {
	e.Hostname = option("hostname")
	if e.Address, err = parseAddress(option("ip")); err != nil {
		return e, 0, err
	}
	if gw := option("gw"); gw != "" {
		if e.Gateway, err = netip.ParseAddr(gw); err != nil || !usable(e.Gateway) || e.Gateway.Zone() != "" {
			return e, 0, wrong("gw", gw, "the address of a router")
		}
		if a := e.Address; a.IsValid() && a.Addr().Is4() != e.Gateway.Is4() {
			return e, 0, wrong("gw", gw, "a router of the same kind as ip="+a.String())
		}
	}
	for s := range strings.SplitSeq(option("dns"), ",") {
		if s == "" {
			continue
		}
		a, err := netip.ParseAddr(s)
		if err != nil {
			return e, 0, wrong("dns", option("dns"), "IP addresses with commas between them")
		}
		e.DNS = append(e.DNS, a)
	}
	eth0, err = parseEth0(option("eth0"))
	return e, eth0, err
}

func parseAddress(ip string) (netip.Prefix, error) {
	if ip == "" || ip == "dhcp" {
		return netip.Prefix{}, nil
	}
	p, err := netip.ParsePrefix(ip)
	if err != nil || !usable(p.Addr()) {
		return p, wrong("ip", ip, "dhcp or the machine's address with its prefix length, such as 10.0.2.15/24")
	}
	return p, nil
}

// usable reports whether a can be an interface's.
func usable(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && !a.Is4In6()
}

func parseEth0(s string) (int, error) {
	switch s {
	case "":
		return 0, nil
	case "none":
		return -1, nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, wrong("eth0", s, "the number of a network card, the first is 0, or none")
	}
	return int(n), nil
}

func wrong(key, value, takes string) error {
	return fmt.Errorf("%s=%s %w: it takes %s", key, value, ErrOption, takes)
}

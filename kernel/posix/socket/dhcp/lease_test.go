package dhcp

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

func discovery(t testing.TB) *dhcpv4.DHCPv4 {
	t.Helper()
	m, err := dhcpv4.NewDiscovery(mac)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLease(t *testing.T) {
	m := reply(discovery(t), dhcpv4.MessageTypeAck,
		dhcpv4.WithOption(dhcpv4.OptHostName("guest-1")),
		dhcpv4.WithOption(dhcpv4.OptDomainName("example.org")),
		dhcpv4.WithGeneric(dhcpv4.OptionInterfaceMTU, []byte{5, 0x78}))
	l, err := leaseFrom(m)
	if err != nil {
		t.Fatal(err)
	}
	if l.Address.String() != "10.0.2.15/24" || l.Server != serverIP || l.Host != "guest-1" || l.MTU != 1400 {
		t.Errorf("%+v", l)
	}
	if len(l.Routes) != 1 || l.Routes[0].To.Bits() != 0 || l.Routes[0].Via != serverIP {
		t.Errorf("routes %v", l.Routes)
	}
	if len(l.DNS) != 1 || len(l.Search) != 1 || l.Search[0] != "example.org" {
		t.Errorf("DNS %v search %v", l.DNS, l.Search)
	}
	if l.Renew != 500*time.Second || l.Rebind != 875*time.Second || l.Expire != 1000*time.Second {
		t.Errorf("times %v %v %v", l.Renew, l.Rebind, l.Expire)
	}
}

func TestLeaseTimes(t *testing.T) {
	secs := func(c dhcpv4.OptionCode, n byte) dhcpv4.Modifier {
		return dhcpv4.WithGeneric(c, []byte{0, 0, 0, n})
	}
	for _, c := range []struct {
		lease                 uint32
		t1, t2                byte
		renew, rebind, expire time.Duration
	}{
		{200, 50, 100, 50 * time.Second, 100 * time.Second, 200 * time.Second},
		{200, 100, 50, 100 * time.Second, 175 * time.Second, 200 * time.Second}, // T2 before T1
		{200, 1, 100, 100 * time.Second, 175 * time.Second, 200 * time.Second},  // T1 too soon
		{200, 50, 250, 100 * time.Second, 175 * time.Second, 200 * time.Second}, // T2 after the end
		{1, 0, 0, 15 * time.Second, minLease / 8 * 7, minLease},
		{0xffffffff, 0, 0, 0xffffffff * time.Second / 2, 0xffffffff * time.Second / 8 * 7, 0xffffffff * time.Second},
	} {
		m := reply(discovery(t), dhcpv4.MessageTypeAck, dhcpv4.WithLeaseTime(c.lease),
			secs(dhcpv4.OptionRenewTimeValue, c.t1), secs(dhcpv4.OptionRebindingTimeValue, c.t2))
		l, err := leaseFrom(m)
		if err != nil || l.Renew != c.renew || l.Rebind != c.rebind || l.Expire != c.expire {
			t.Errorf("%+v: %v %v %v %v", c, l.Renew, l.Rebind, l.Expire, err)
		}
	}
}

// Classless routes replace the router; names that would break a line go.
func TestLeaseOptions(t *testing.T) {
	m := reply(discovery(t), dhcpv4.MessageTypeAck,
		dhcpv4.WithOption(dhcpv4.OptClasslessStaticRoute(
			&dhcpv4.Route{Dest: &net.IPNet{IP: net.IP{192, 168, 7, 9}, Mask: net.CIDRMask(16, 32)}, Router: net.IP{10, 0, 2, 4}})),
		dhcpv4.WithOption(dhcpv4.OptDomainName("a\nnameserver 6.6.6.6")),
		dhcpv4.WithOption(dhcpv4.OptHostName("-x")),
		dhcpv4.WithNetmask(net.IPMask{255, 0, 255, 0}))
	l, err := leaseFrom(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Routes) != 1 || l.Routes[0].To != netip.MustParsePrefix("192.168.0.0/16") {
		t.Errorf("routes %v", l.Routes)
	}
	if len(l.Search) != 0 || l.Host != "" {
		t.Errorf("names %q %q", l.Search, l.Host)
	}
	if l.Address.Bits() != 8 {
		t.Errorf("prefix %v from a broken mask", l.Address)
	}
	if name(strings.Repeat("a", 64)) != "" || name("a..b") != "" || name("x.example.") != "x.example" {
		t.Error("name")
	}
}

// Whatever arrives is judged without a crash, and what is accepted is usable.
func FuzzJudge(f *testing.F) {
	m := discovery(f)
	f.Add(reply(m, dhcpv4.MessageTypeOffer).ToBytes())
	f.Add(reply(m, dhcpv4.MessageTypeOffer, dhcpv4.WithDomainSearchList("a.b", "c")).ToBytes())
	f.Add(reply(m, dhcpv4.MessageTypeOffer, dhcpv4.WithOption(dhcpv4.OptClasslessStaticRoute(
		&dhcpv4.Route{Dest: &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}, Router: net.IP{10, 0, 2, 4}}))).ToBytes())
	f.Add(m.ToBytes())
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) >= 8 {
			copy(p[4:8], m.TransactionID[:]) // get past the first check
		}
		l, v := judge(m, p, nil)
		if v == refuse {
			t.Error("a refusal of nothing")
		}
		if v != accept {
			return
		}
		if !usable(l.Address.Addr()) || l.Address.Bits() < 0 || len(l.DNS) > maxServers || len(l.Routes) > maxRoutes {
			t.Errorf("%+v", l)
		}
		if !(0 < l.Renew && l.Renew < l.Rebind && l.Rebind < l.Expire) {
			t.Errorf("times %v %v %v", l.Renew, l.Rebind, l.Expire)
		}
		for _, n := range append(l.Search, l.Host) {
			if strings.ContainsAny(n, "\n\r \x00#") {
				t.Errorf("name %q", n)
			}
		}
	})
}

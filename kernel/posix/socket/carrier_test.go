package socket

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// pulled is an endpoint whose wire the test pulls, by words that WaitLink gives.
type pulled struct {
	stack.LinkEndpoint
	link chan bool
}

func (p *pulled) WaitLink(up bool) (bool, error) {
	for now := range p.link {
		if now != up {
			return now, nil
		}
	}
	return false, errors.New("closed")
}

// TestCarrier: while the wire is out the interface is up but not running, with its
// address and its connections; when it is back the DHCP server is asked, and what
// was sent meanwhile arrives.
func TestCarrier(t *testing.T) {
	guest, host := newStack(t), newStack(t)
	a, b := pipe.New("\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02", 1514)
	wire := &pulled{ethernet.New(a), make(chan bool)}
	defer close(wire.link)
	if err := errors.Join(guest.AddNIC(wire, "eth0"), host.AddNIC(ethernet.New(b), "eth0"),
		host.Configure("eth0", Config{Address: netip.MustParsePrefix("10.0.2.2/24")})); err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool, 16)
	serveDHCP(t, host, func(m *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
		asked <- true
		return m
	})
	if err := guest.Configure("eth0", Config{}); err != nil {
		t.Fatal(err)
	}
	flags := func() uint32 { return guest.Links()[1].Flags & (syscall.IFF_UP | syscall.IFF_RUNNING | lowerUp) }
	const running = syscall.IFF_UP | syscall.IFF_RUNNING | lowerUp
	until(t, "it has all its addresses", func() bool { return strings.Contains(addrList(guest), "fe80::") })
	addresses := addrList(guest)
	for len(asked) > 0 {
		<-asked
	}
	for range 3 {
		if f := flags(); f != running {
			t.Errorf("flags %#x of a link that is up", f)
		}
		wire.link <- false
		until(t, "the carrier is gone", func() bool { return flags() == syscall.IFF_UP })
		if got := addrList(guest); got != addresses {
			t.Errorf("addresses %q, before %q", got, addresses)
		}
		wire.link <- true
		until(t, "the carrier is back", func() bool { return flags() == running })
		select {
		case <-asked:
		case <-time.After(10 * time.Second):
			t.Fatal("the DHCP server was not asked")
		}
	}
}

// until waits for something that another goroutine brings about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not so: ", what)
		}
	}
}

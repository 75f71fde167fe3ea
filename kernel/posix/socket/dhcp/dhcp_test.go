package dhcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// wire is a Conn to a server that is a function: it gets each message and
// where it was sent, and answers any number.
type wire struct {
	t     *testing.T
	serve func(m *dhcpv4.DHCPv4, to netip.Addr) []*dhcpv4.DHCPv4
	in    chan []byte
	sent  []sent
	begin time.Time
}

// sent is a message the client sent: when, what, whereto.
type sent struct {
	at   time.Duration
	what dhcpv4.MessageType
	to   netip.Addr
}

func (w *wire) Send(b []byte, to netip.Addr) error {
	m, err := dhcpv4.FromBytes(b)
	if err != nil {
		w.t.Errorf("the client sent nonsense: %v", err)
		return nil
	}
	w.sent = append(w.sent, sent{time.Since(w.begin), m.MessageType(), to})
	for _, r := range w.serve(m, to) {
		w.in <- r.ToBytes()
	}
	return nil
}

func (w *wire) Receive(ctx context.Context, b []byte, deadline time.Time) (int, error) {
	select {
	case p := <-w.in:
		return copy(b, p), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(time.Until(deadline)):
		return 0, os.ErrDeadlineExceeded
	}
}

var (
	serverIP = netip.MustParseAddr("10.0.2.2")
	hostIP   = netip.MustParseAddr("10.0.2.15")
	mac      = net.HardwareAddr{2, 0, 0, 0, 0, 1}
)

func reply(m *dhcpv4.DHCPv4, t dhcpv4.MessageType, more ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	r, err := dhcpv4.NewReplyFromRequest(m, append([]dhcpv4.Modifier{
		dhcpv4.WithMessageType(t),
		dhcpv4.WithYourIP(hostIP.AsSlice()),
		dhcpv4.WithNetmask(net.CIDRMask(24, 32)),
		dhcpv4.WithRouter(net.IP{10, 0, 2, 2}),
		dhcpv4.WithDNS(net.IP{10, 0, 2, 3}),
		dhcpv4.WithLeaseTime(1000),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(serverIP.AsSlice())),
	}, more...)...)
	if err != nil {
		panic(err)
	}
	return r
}

// good answers as a proper server does.
func good(m *dhcpv4.DHCPv4) []*dhcpv4.DHCPv4 {
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		return []*dhcpv4.DHCPv4{reply(m, dhcpv4.MessageTypeOffer)}
	case dhcpv4.MessageTypeRequest:
		return []*dhcpv4.DHCPv4{reply(m, dhcpv4.MessageTypeAck)}
	}
	return nil
}

// run runs a client in a bubble of fake time until stop says so, and returns
// what it sent and what happened to the lease. The link comes back at the times of
// back.
func run(t *testing.T, d time.Duration, c Client, serve func(*dhcpv4.DHCPv4, netip.Addr) []*dhcpv4.DHCPv4, back ...time.Duration) (w *wire, log []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w = &wire{t: t, serve: serve, in: make(chan []byte, 64), begin: time.Now()}
		c.Conn, c.Hardware, c.Logf = w, mac, t.Logf
		link := make(chan struct{}, 1)
		c.Back = link
		for _, at := range back {
			time.AfterFunc(at, func() { link <- struct{}{} })
		}
		c.Bound = func(l Lease) { log = append(log, "bound "+l.Address.String()) }
		c.Lost = func(l Lease) { log = append(log, "lost "+l.Address.String()) }
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		if err := c.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run returned %v", err)
		}
	})
	return w, log
}

func kinds(w *wire) []dhcpv4.MessageType {
	var k []dhcpv4.MessageType
	for _, s := range w.sent {
		k = append(k, s.what)
	}
	return k
}

const (
	disc = dhcpv4.MessageTypeDiscover
	req  = dhcpv4.MessageTypeRequest
	decl = dhcpv4.MessageTypeDecline
)

func TestAcquireAndRenew(t *testing.T) {
	w, log := run(t, 1600*time.Second, Client{}, func(m *dhcpv4.DHCPv4, _ netip.Addr) []*dhcpv4.DHCPv4 { return good(m) })
	if got := kinds(w); !slices.Equal(got, []dhcpv4.MessageType{disc, req, req, req, req}) {
		t.Fatalf("sent %v", got)
	}
	for i, s := range w.sent[2:] {
		if s.at != time.Duration(i+1)*500*time.Second || s.to != serverIP {
			t.Errorf("renewal %d at %v to %v", i, s.at, s.to)
		}
	}
	if w.sent[0].to.IsValid() || w.sent[1].to.IsValid() {
		t.Error("the first two messages are broadcasts")
	}
	if len(log) != 5 || log[0] != "bound 10.0.2.15/24" || log[4] != "lost 10.0.2.15/24" {
		t.Errorf("log %q", log)
	}
}

// Without a server the intervals double from a quarter second to 16 s.
func TestRetransmission(t *testing.T) {
	w, _ := run(t, 60*time.Second, Client{}, func(*dhcpv4.DHCPv4, netip.Addr) []*dhcpv4.DHCPv4 { return nil })
	if len(w.sent) < 7 || len(w.sent) > 11 {
		t.Fatalf("%d messages in a minute", len(w.sent))
	}
	want := firstRetry
	for i := 1; i < len(w.sent); i++ {
		gap := w.sent[i].at - w.sent[i-1].at
		if gap < want-want/8 || gap > want+want/8 {
			t.Errorf("interval %d is %v, want about %v", i, gap, want)
		}
		want = min(want*2, lastRetry)
	}
}

// A lost message costs one short interval.
func TestLoss(t *testing.T) {
	n := 0
	w, log := run(t, 5*time.Second, Client{}, func(m *dhcpv4.DHCPv4, _ netip.Addr) []*dhcpv4.DHCPv4 {
		if n++; n%2 == 1 {
			return nil
		}
		return good(m)
	})
	if got := kinds(w); !slices.Equal(got, []dhcpv4.MessageType{disc, disc, req, req}) {
		t.Errorf("sent %v", got)
	}
	if len(log) == 0 || w.sent[3].at > time.Second {
		t.Errorf("bound after %v: %q", w.sent[3].at, log)
	}
}

// A server that fell silent is asked until T2, then anyone until the end of
// the lease, then everything starts over.
func TestRebindAndExpire(t *testing.T) {
	w, log := run(t, 1100*time.Second, Client{}, func(m *dhcpv4.DHCPv4, to netip.Addr) []*dhcpv4.DHCPv4 {
		if m.ClientIPAddr.IsUnspecified() {
			return good(m)
		}
		return nil
	})
	var unicast, broadcast, again int
	for _, s := range w.sent[2:] {
		switch {
		case s.what == disc:
			again++
		case s.to == serverIP && s.at >= 500*time.Second && s.at < 876*time.Second:
			unicast++
		case !s.to.IsValid() && s.at >= 874*time.Second && s.at <= 1000*time.Second:
			broadcast++
		}
	}
	if unicast < 10 || broadcast < 5 || again != 1 {
		t.Errorf("%d renewals, %d rebindings, %d discoveries", unicast, broadcast, again)
	}
	if len(log) < 3 || log[1] != "lost 10.0.2.15/24" || log[2] != "bound 10.0.2.15/24" {
		t.Errorf("log %q", log)
	}
}

func TestNak(t *testing.T) {
	naks := 0
	w, log := run(t, 600*time.Second, Client{}, func(m *dhcpv4.DHCPv4, _ netip.Addr) []*dhcpv4.DHCPv4 {
		if m.MessageType() == req && naks < 1 {
			naks++
			return []*dhcpv4.DHCPv4{reply(m, dhcpv4.MessageTypeNak, dhcpv4.WithYourIP(net.IPv4zero))}
		}
		if !m.ClientIPAddr.IsUnspecified() { // the renewal at 500 s
			return []*dhcpv4.DHCPv4{reply(m, dhcpv4.MessageTypeNak)}
		}
		return good(m)
	})
	if got := kinds(w)[:5]; !slices.Equal(got, []dhcpv4.MessageType{disc, req, disc, req, req}) {
		t.Errorf("sent %v", got)
	}
	if w.sent[2].at < nakWait {
		t.Errorf("started over after %v", w.sent[2].at)
	}
	if len(log) < 3 || log[1] != "lost 10.0.2.15/24" {
		t.Errorf("log %q", log)
	}
}

func TestDecline(t *testing.T) {
	n := 0
	c := Client{InUse: func(context.Context, netip.Addr) bool { n++; return n == 1 }}
	w, log := run(t, 30*time.Second, c, func(m *dhcpv4.DHCPv4, _ netip.Addr) []*dhcpv4.DHCPv4 { return good(m) })
	if got := kinds(w); !slices.Equal(got, []dhcpv4.MessageType{disc, req, decl, disc, req}) {
		t.Errorf("sent %v", got)
	}
	if w.sent[3].at < declineWait || len(log) < 3 || log[1] != "lost 10.0.2.15/24" {
		t.Errorf("again after %v: %q", w.sent[3].at, log)
	}
}

// Answers that are not for us, of the wrong kind, or unusable are ignored.
func TestHostileAnswers(t *testing.T) {
	w, log := run(t, 3*time.Second, Client{}, func(m *dhcpv4.DHCPv4, _ netip.Addr) []*dhcpv4.DHCPv4 {
		offer := dhcpv4.MessageTypeOffer
		if m.MessageType() == req {
			offer = dhcpv4.MessageTypeAck
		}
		bad := []*dhcpv4.DHCPv4{
			reply(m, offer, dhcpv4.WithTransactionID(dhcpv4.TransactionID{1})),
			reply(m, offer, dhcpv4.WithHwAddr(net.HardwareAddr{2, 0, 0, 0, 0, 9})),
			reply(m, offer, dhcpv4.WithYourIP(net.IP{224, 0, 0, 1})),
			reply(m, offer, dhcpv4.WithYourIP(net.IP{127, 0, 0, 1})),
			reply(m, offer, dhcpv4.WithYourIP(net.IPv4zero)),
			reply(m, offer, dhcpv4.WithoutOption(dhcpv4.OptionServerIdentifier)),
			reply(m, dhcpv4.MessageTypeInform),
		}
		if m.MessageType() == req {
			other := dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IP{10, 0, 2, 99}))
			bad = append(bad, reply(m, dhcpv4.MessageTypeNak, other), reply(m, offer, other))
		}
		return append(bad, good(m)...)
	})
	if len(w.sent) != 2 || len(log) != 2 {
		t.Errorf("sent %v, log %q", kinds(w), log)
	}
}

// After the link was down any server is asked, by broadcast, whether the address
// may still be used: one that knows it renews the lease, one of another network
// says no, and silence changes nothing.
func TestLinkBack(t *testing.T) {
	const back = 100 * time.Second
	for _, c := range []struct {
		name   string
		answer dhcpv4.MessageType // none for silence
		log    string
		next   time.Duration // the next renewal or discovery
	}{
		{"known", dhcpv4.MessageTypeAck, "bound 10.0.2.15/24", back + 500*time.Second},
		{"elsewhere", dhcpv4.MessageTypeNak, "lost 10.0.2.15/24", back},
		{"silence", dhcpv4.MessageTypeNone, "lost 10.0.2.15/24", 500 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []time.Duration
			var begin time.Time
			w, log := run(t, 700*time.Second, Client{}, func(m *dhcpv4.DHCPv4, to netip.Addr) []*dhcpv4.DHCPv4 {
				if m.MessageType() == req && m.ClientIPAddr.IsUnspecified() && m.ServerIdentifier() == nil {
					asked = append(asked, time.Since(begin))
					if to.IsValid() || !m.RequestedIPAddress().Equal(hostIP.AsSlice()) {
						t.Errorf("asked %v for %v", to, m.RequestedIPAddress())
					}
					if c.answer == dhcpv4.MessageTypeNone {
						return nil
					}
					return []*dhcpv4.DHCPv4{reply(m, c.answer)}
				}
				if begin.IsZero() {
					begin = time.Now()
				}
				return good(m)
			}, back)
			if len(asked) == 0 || asked[0] != back || asked[len(asked)-1] > back+requestLimit || (len(asked) > 1) != (c.answer == dhcpv4.MessageTypeNone) {
				t.Errorf("asked at %v", asked)
			}
			if next := w.sent[2+len(asked)].at; next != c.next || c.answer != dhcpv4.MessageTypeNone && log[1] != c.log {
				t.Errorf("next message at %v, want %v; %q", next, c.next, log)
			}
		})
	}
}

// Who has no lease yet asks again as soon as the link is back.
func TestLinkBackEarly(t *testing.T) {
	const back = 50 * time.Second
	var begin time.Time
	w, log := run(t, 60*time.Second, Client{}, func(m *dhcpv4.DHCPv4, _ netip.Addr) []*dhcpv4.DHCPv4 {
		if begin.IsZero() {
			begin = time.Now()
		}
		if time.Since(begin) < back {
			return nil
		}
		return good(m)
	}, back)
	if n := len(w.sent); w.sent[n-2].what != disc || w.sent[n-2].at != back || len(log) == 0 || log[0] != "bound 10.0.2.15/24" {
		t.Errorf("sent %v, %q", w.sent, log)
	}
}

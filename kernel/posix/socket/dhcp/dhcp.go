// Package dhcp is a DHCP client for one interface: it acquires an IPv4
// address, keeps it, and says when it changes or is lost.
//
// The states are RFC 2131's (figure 5): INIT sends DISCOVER, SELECTING waits
// for an offer, REQUESTING asks for it, BOUND sleeps until T1, RENEWING asks
// the server by unicast, REBINDING asks any server by broadcast; a NAK or the
// end of the lease leads back to INIT. After the link was down INIT-REBOOT asks
// whether the address may still be used.
//
// Messages are built and parsed by github.com/insomniacslk/dhcp/dhcpv4. What
// it parses is not trusted: see Lease.
//
// Sources: RFC 2131, RFC 2132, RFC 3442, RFC 3397.
//
// It may import the standard library and that module.
package dhcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// A Conn carries DHCP messages on an interface. One goroutine uses it.
type Conn interface {
	// Send transmits a message to port 67: to all hosts on the link, by the
	// link's broadcast address, when to is not valid, or else routed to it.
	Send(m []byte, to netip.Addr) error
	// Receive stores one message sent to port 68 in b. At the deadline it
	// returns an error that wraps os.ErrDeadlineExceeded, and a context error
	// when the context is done.
	Receive(ctx context.Context, b []byte, deadline time.Time) (int, error)
}

// A Client runs the protocol. The fields are set before Run and not changed.
type Client struct {
	Conn     Conn
	Hardware net.HardwareAddr
	Hostname string // sent to the server when not ""
	// Bound is called with each new or renewed lease, Lost when the address
	// may no longer be used; both on Run's goroutine.
	Bound func(Lease)
	Lost  func(Lease)
	// InUse, if not nil, is asked whether another host answers for a new
	// address; it may block for as long as a probe takes. The address is in
	// use by then, so that a start is not delayed.
	InUse func(context.Context, netip.Addr) bool
	// Back, if not nil, gives a value when the link has come back, which may lead to
	// another network now.
	Back <-chan struct{}
	// Logf gets a line per event worth one.
	Logf func(format string, args ...any)
}

// Retransmission: RFC 2131 4.1 starts at 4 s for shared media of the time. A
// virtual network answers in under a millisecond, so a lost message costs a
// quarter second here, and the interval still doubles to RFC's 16 s and more.
const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 16 * time.Second
	// requestLimit bounds the request for an offer, after which all starts over: it
	// is sent about five times.
	requestLimit = 8 * time.Second
	// declineWait is the pause after a conflict, RFC 2131 3.1 step 5.
	declineWait = 10 * time.Second
	// nakWait keeps a server that refuses every request from being flooded.
	nakWait = time.Second
)

var (
	errNak     = errors.New("dhcp: the server refused the address")
	errSilence = errors.New("dhcp: no answer")
)

// Run acquires a lease and keeps it until the context is done, which is the
// error it returns.
func (c *Client) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		linked, cancel := c.untilBack(ctx)
		l, err := c.acquire(linked)
		back := linked.Err() != nil
		cancel()
		switch {
		case err == nil:
			c.hold(ctx, l)
		case errors.Is(err, errNak):
			c.Logf("%v, starting over", err)
			pause(ctx, nakWait)
		case !errors.Is(err, errSilence) && !back:
			c.Logf("%v", err)
			pause(ctx, lastRetry)
		}
	}
	return ctx.Err()
}

// acquire goes from INIT to BOUND.
func (c *Client) acquire(ctx context.Context) (Lease, error) {
	m, err := c.message(dhcpv4.MessageTypeDiscover)
	if err != nil {
		return Lease{}, err
	}
	offer, err := c.exchange(ctx, m, netip.Addr{}, forever, nil)
	if err != nil {
		return Lease{}, err
	}
	m, err = c.message(dhcpv4.MessageTypeRequest,
		dhcpv4.WithTransactionID(m.TransactionID),
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(offer.Address.Addr().AsSlice())),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(offer.Server.AsSlice())))
	if err != nil {
		return Lease{}, err
	}
	return c.exchange(ctx, m, netip.Addr{}, requestLimit, &offer)
}

// hold keeps a lease: BOUND, RENEWING and REBINDING. It returns when the
// address is lost.
func (c *Client) hold(ctx context.Context, l Lease) {
	c.Bound(l)
	if c.InUse != nil && c.InUse(ctx, l.Address.Addr()) {
		c.Lost(l)
		c.decline(l)
		pause(ctx, declineWait)
		return
	}
	defer func() { c.Lost(l) }()
	since := time.Now()
	for {
		next, err := c.renew(ctx, l, since)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errSilence) && time.Since(since) < l.Expire {
			continue // the link was down, and nobody objects
		}
		if err != nil {
			c.Logf("%v; address %v is lost", err, l.Address.Addr())
			return
		}
		if l.Address != next.Address {
			c.Lost(l)
		}
		l, since = next, time.Now()
		c.Bound(l)
	}
}

// renew waits until a lease got at since is to be renewed, or the link has come
// back, and asks for it.
func (c *Client) renew(ctx context.Context, l Lease, since time.Time) (next Lease, err error) {
	linked, cancel := c.untilBack(ctx)
	defer cancel()
	pause(linked, l.Renew-time.Since(since))
	if linked.Err() == nil {
		next, err = c.extend(linked, l, l.Server, l.Rebind-time.Since(since))
		if errors.Is(err, errSilence) {
			c.Logf("dhcp: %v is silent, asking any server", l.Server)
			next, err = c.extend(linked, l, netip.Addr{}, l.Expire-time.Since(since))
		}
	}
	if linked.Err() != nil && ctx.Err() == nil {
		c.Logf("dhcp: the link is back, asking for %v again", l.Address.Addr())
		next, err = c.reboot(ctx, l, min(requestLimit, l.Expire-time.Since(since)))
	}
	return next, err
}

// reboot asks, for at most limit, whether the network that the link leads to now
// knows the address (RFC 2131 3.7 and 4.3.2, INIT-REBOOT).
func (c *Client) reboot(ctx context.Context, l Lease, limit time.Duration) (Lease, error) {
	m, err := c.message(dhcpv4.MessageTypeRequest, dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(l.Address.Addr().AsSlice())))
	if err != nil {
		return Lease{}, err
	}
	return c.exchange(ctx, m, netip.Addr{}, limit, &l)
}

// untilBack returns a context that ends, too, when the link has come back.
func (c *Client) untilBack(ctx context.Context) (context.Context, context.CancelFunc) {
	linked, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-c.Back:
			cancel()
		case <-linked.Done():
		}
	}()
	return linked, cancel
}

// extend asks to keep the address, for at most limit: the server alone, or by
// broadcast when it is not valid.
func (c *Client) extend(ctx context.Context, l Lease, server netip.Addr, limit time.Duration) (Lease, error) {
	m, err := c.message(dhcpv4.MessageTypeRequest, dhcpv4.WithClientIP(l.Address.Addr().AsSlice()), dhcpv4.WithBroadcast(false))
	if err != nil {
		return Lease{}, err
	}
	return c.exchange(ctx, m, server, limit, &l)
}

// decline tells the server that its address is taken (RFC 2131 4.4.4).
func (c *Client) decline(l Lease) {
	c.Logf("dhcp: %v is in use by another host, declining it", l.Address.Addr())
	m, err := c.message(dhcpv4.MessageTypeDecline,
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(l.Address.Addr().AsSlice())),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(l.Server.AsSlice())))
	if err == nil {
		err = c.Conn.Send(m.ToBytes(), netip.Addr{})
	}
	if err != nil {
		c.Logf("dhcp: decline: %v", err)
	}
}

// message builds a request. Replies are asked for by broadcast, because this
// host cannot receive for an address it does not have yet.
func (c *Client) message(t dhcpv4.MessageType, more ...dhcpv4.Modifier) (*dhcpv4.DHCPv4, error) {
	with := []dhcpv4.Modifier{
		dhcpv4.WithHwAddr(c.Hardware),
		dhcpv4.WithMessageType(t),
		dhcpv4.WithBroadcast(true),
		dhcpv4.WithOption(dhcpv4.OptMaxMessageSize(maxMessage)),
		dhcpv4.WithOption(dhcpv4.OptClientIdentifier(append([]byte{1}, c.Hardware...))),
		dhcpv4.WithRequestedOptions(
			dhcpv4.OptionSubnetMask, dhcpv4.OptionClasslessStaticRoute, dhcpv4.OptionRouter,
			dhcpv4.OptionDomainNameServer, dhcpv4.OptionDomainName, dhcpv4.OptionDNSDomainSearchList,
			dhcpv4.OptionHostName, dhcpv4.OptionInterfaceMTU,
			dhcpv4.OptionRenewTimeValue, dhcpv4.OptionRebindingTimeValue),
	}
	if c.Hostname != "" {
		with = append(with, dhcpv4.WithOption(dhcpv4.OptHostName(c.Hostname)))
	}
	return dhcpv4.New(append(with, more...)...)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// timedOut says whether Receive reached its deadline.
func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

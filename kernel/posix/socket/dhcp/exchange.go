package dhcp

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// maxMessage is the largest message received; servers are told.
const maxMessage = 1500

// forever is a limit that is never reached.
const forever = time.Duration(1<<63 - 1)

// exchange sends m until a proper answer comes, at doubling intervals, for at
// most limit. have is the lease asked for: nil in DISCOVER, whose answer is an
// offer; else the answer is an acknowledgement, or errNak.
func (c *Client) exchange(ctx context.Context, m *dhcpv4.DHCPv4, to netip.Addr, limit time.Duration, have *Lease) (Lease, error) {
	start := time.Now()
	raw := m.ToBytes()
	for retry := firstRetry; ; retry = min(retry*2, lastRetry) {
		left := limit - time.Since(start)
		if left <= 0 {
			return Lease{}, errSilence
		}
		if err := c.Conn.Send(raw, to); err != nil {
			c.Logf("dhcp: send: %v", err) // the link may come back
		}
		if retry == firstRetry<<4 {
			c.Logf("dhcp: no answer yet to %v", m.MessageType())
		}
		deadline := time.Now().Add(min(jitter(retry), left))
		l, err := c.await(ctx, m, deadline, have)
		if !timedOut(err) {
			return l, err
		}
	}
}

// jitter varies an interval by an eighth either way, so that machines started
// together do not stay in step.
func jitter(d time.Duration) time.Duration {
	return d - d/8 + rand.N(d/4)
}

// await receives until the deadline and ignores what is no answer to m.
func (c *Client) await(ctx context.Context, m *dhcpv4.DHCPv4, deadline time.Time, have *Lease) (Lease, error) {
	var b [maxMessage]byte
	for {
		n, err := c.Conn.Receive(ctx, b[:], deadline)
		if err != nil {
			return Lease{}, err
		}
		l, verdict := judge(m, b[:n], have)
		switch verdict {
		case accept:
			return l, nil
		case refuse:
			return Lease{}, fmt.Errorf("%w (%v)", errNak, have.Server)
		}
	}
}

// A verdict on a received packet.
type verdict int

const (
	ignore verdict = iota // not for us, or nonsense
	accept
	refuse
)

// judge decides whether p answers m. A NAK counts only from the server that
// was asked, when one was.
func judge(m *dhcpv4.DHCPv4, p []byte, have *Lease) (Lease, verdict) {
	r, err := dhcpv4.FromBytes(p)
	if err != nil || r.OpCode != dhcpv4.OpcodeBootReply || r.TransactionID != m.TransactionID ||
		!bytes.Equal(r.ClientHWAddr, m.ClientHWAddr) {
		return Lease{}, ignore
	}
	asked := m.ServerIdentifier() != nil
	from, ok := addrFrom(r.ServerIdentifier())
	if !ok || asked && from != have.Server {
		return Lease{}, ignore
	}
	switch t := r.MessageType(); {
	case have == nil && t != dhcpv4.MessageTypeOffer:
		return Lease{}, ignore
	case have != nil && t == dhcpv4.MessageTypeNak:
		return Lease{}, refuse
	case have != nil && t != dhcpv4.MessageTypeAck:
		return Lease{}, ignore
	}
	l, err := leaseFrom(r)
	if err != nil {
		return Lease{}, ignore
	}
	return l, accept
}

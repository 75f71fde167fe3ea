package dhcp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"
)

// maxMessage is the largest message received; servers are told.
const maxMessage = 1500

// forever is a limit that is never reached.
const forever = time.Duration(1<<63 - 1)

// exchange sends m until a proper answer comes, at doubling intervals, for at
// most limit. have is the lease asked for: nil in DISCOVER, whose answer is an
// offer; else the answer is an acknowledgement, or errNak.
func (c *Client) exchange(ctx context.Context, m *message, to netip.Addr, limit time.Duration, have *Lease) (Lease, error) {
	start := time.Now()
	raw := m.bytes()
	for retry := firstRetry; ; retry = min(retry*2, lastRetry) {
		left := limit - time.Since(start)
		if left <= 0 {
			return Lease{}, errSilence
		}
		if err := c.Conn.Send(raw, to); err != nil {
			c.Logf("dhcp: send: %v", err) // the link may come back
		}
		if retry == firstRetry<<4 {
			c.Logf("dhcp: no answer yet")
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
func (c *Client) await(ctx context.Context, m *message, deadline time.Time, have *Lease) (Lease, error) {
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
func judge(m *message, p []byte, have *Lease) (Lease, verdict) {
	r, err := parse(p)
	if err != nil || r.op != opReply || r.xid != m.xid || r.hardware != m.hardware {
		return Lease{}, ignore
	}
	_, asked := m.addr(optServer)
	from, ok := r.addr(optServer)
	if !ok || asked && from != have.Server {
		return Lease{}, ignore
	}
	switch k := r.kind(); {
	case have == nil && k != offer:
		return Lease{}, ignore
	case have != nil && k == nak:
		return Lease{}, refuse
	case have != nil && k != ack:
		return Lease{}, ignore
	}
	l, err := leaseFrom(r)
	if err != nil {
		return Lease{}, ignore
	}
	return l, accept
}

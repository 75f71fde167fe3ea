//go:build e2e

package e2e

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"yolk/netdev/relay"
	"yolk/netdev/relay/transfer"
)

var relayBytes = flag.Int("relay", 1<<20, "bytes that TestRelay moves each way through each impairment")

// TestRelay moves bytes both ways between a machine and a network stack here, over
// a cable that does to packets what networks do. All arrive as they were sent, and
// none of the transfers stands still.
func TestRelay(t *testing.T) {
	t.Parallel()
	var here, there = netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")
	perTransfer := time.Minute + time.Duration(*relayBytes)*10*time.Microsecond
	impairments := relay.Impairments(*relayBytes)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, stop := background(t, within(t, limit+time.Duration(len(impairments))*perTransfer,
		"run", "-memory", "64M", "-net", "socket:connect="+l.Addr().String(), "-opt", "ip="+there.String(),
		"./testdata/transfer", "--", fmt.Sprint(*relayBytes)))
	defer stop()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(limit))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	plug, err := relay.NewPlug(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := plug.Close(); err != nil {
			t.Error(err)
		}
	}()
	for n, i := range impairments {
		t.Run(i.Name, func(t *testing.T) {
			a, b := i.Cable(uint64(n))
			if err := plug.Join(a); err != nil {
				t.Fatal(err)
			}
			h, err := relay.NewHost(b, here)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			ctx, cancel := context.WithTimeout(t.Context(), perTransfer)
			defer cancel()
			c, err := dial(ctx, h, netip.AddrPortFrom(there.Addr(), 80))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			start := time.Now()
			c.SetDeadline(start.Add(perTransfer))
			if err := transfer.Exchange(c, int64(*relayBytes), byte(n)); err != nil {
				t.Error(err)
			}
			t.Logf("%.1f s; %v", time.Since(start).Seconds(), h)
		})
	}
}

// dial tries until the machine has come so far that it answers.
func dial(ctx context.Context, h *relay.Host, to netip.AddrPort) (net.Conn, error) {
	for {
		c, err := h.Dial(ctx, to)
		if err == nil || ctx.Err() != nil {
			return c, err
		}
		time.Sleep(50 * time.Millisecond) // nobody tells when a server is up
	}
}

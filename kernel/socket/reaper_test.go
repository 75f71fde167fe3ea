package socket

import (
	"slices"
	"testing"
	"time"

	"yolk/kernel/netmem"
)

// peer is a connection that gives back what it holds when it is ended.
type peer struct {
	name string
	idle time.Duration
	held int
	how  int
	busy bool
	log  *[]string
}

func (p *peer) Idle() (time.Duration, int, int, bool) { return p.idle, p.held, p.how, !p.busy }
func (p *peer) Abort() {
	*p.log = append(*p.log, p.name)
	netmem.Charge(-p.held - netmem.Connection)
}

// TestReaper: who has held the most for the longest goes first, only as many as must,
// and nobody who moves on or waits for the program.
func TestReaper(t *testing.T) {
	const k, mb = 1 << 10, 1 << 20
	peers := []peer{
		{name: "new", idle: 10 * time.Millisecond, held: mb, how: stalled},
		{name: "silent", idle: 30 * time.Second, held: 0},
		{name: "does not read", idle: 500 * time.Millisecond, held: 300 * k, how: stalled},
		{name: "never reads", idle: 5 * time.Second, held: 300 * k, how: stalled},
		{name: "served", idle: time.Minute, held: mb, busy: true},
		{name: "short pause", idle: 400 * time.Millisecond, held: 100},
		{name: "pause", idle: 900 * time.Millisecond, held: 100},
		{name: "slow program", idle: 4 * time.Second, held: mb, how: owed},
		{name: "handshake", idle: time.Second, how: halfOpen},
		{name: "no handshake", idle: 4 * time.Second, how: halfOpen},
	}
	for _, c := range []struct {
		name  string
		spent bool
		over  int // bytes of which the budget is short
		need  int
		want  []string
	}{
		{"nothing is short", false, 0, 0, []string{"no handshake"}},
		{"a little", false, 1, 0, []string{"no handshake", "never reads"}},
		{"much", false, 10 * mb, 0, []string{"no handshake", "never reads", "silent"}},
		{"connections wait", true, 10 * mb, 0, []string{"no handshake", "never reads", "silent", "does not read", "pause"}},
		{"the heap", false, 0, 2, []string{"no handshake", "never reads", "silent"}},
	} {
		const limit = 64 * mb
		netmem.SetLimit(limit, func() {}, nil)
		charged := limit - limit/4 + c.over + netmem.Connection // as the half-open one gives back
		if c.over == 0 {
			charged = 0
		}
		netmem.Charge(charged - int(netmem.Snapshot().Used))
		var ended []string
		var all []idler
		for i := range peers {
			p := peers[i]
			p.log = &ended
			all = append(all, &p)
		}
		if n := end(all, c.spent, c.need); n != len(c.want) || !slices.Equal(ended, c.want) {
			t.Errorf("%s: ended %d, %q, want %q", c.name, n, ended, c.want)
		}
	}
	netmem.Charge(-int(netmem.Snapshot().Used))
}

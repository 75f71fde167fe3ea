package socket

import (
	"slices"
	"testing"
	"time"

	"yolk/kernel/posix/netmem"
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
// and nobody who moves on or waits for the program. Patience ends with the room that is
// left for new ones, unless the program cannot get around to its work.
func TestReaper(t *testing.T) {
	const k, mb = 1 << 10, 1 << 20
	const limit = 64 * mb
	peers := []peer{
		{name: "new", idle: 10 * time.Millisecond, held: mb, how: stalled},
		{name: "silent", idle: 30 * time.Second, held: 0},
		{name: "does not read", idle: 600 * time.Millisecond, held: 300 * k, how: stalled},
		{name: "reads slowly", idle: 100 * time.Millisecond, held: 300 * k, how: stalled},
		{name: "never reads", idle: 5 * time.Second, held: 300 * k, how: stalled},
		{name: "served", idle: time.Minute, held: mb, busy: true},
		{name: "short pause", idle: 250 * time.Millisecond, held: 100},
		{name: "pause", idle: 900 * time.Millisecond, held: 100},
		{name: "answered", idle: 950 * time.Millisecond, held: 100, how: answered},
		{name: "answered long ago", idle: 2 * time.Second, held: 100, how: answered},
		{name: "slow program", idle: 4 * time.Second, held: mb, how: owed},
		{name: "handshake", idle: time.Second, how: halfOpen},
		{name: "no handshake", idle: 4 * time.Second, how: halfOpen},
	}
	for _, c := range []struct {
		name   string
		used   int // bytes of the budget
		behind time.Duration
		want   []string
	}{
		{"nothing is short", 0, 0, []string{"no handshake"}},
		{"enough", limit / 4 * 3, 0, []string{"no handshake"}},
		{"a little", limit/4*3 + netmem.Connection + 1, 0, []string{"no handshake", "never reads"}},
		{"half the room", limit / 8 * 7, 0, []string{"no handshake", "never reads", "silent", "does not read", "answered long ago", "pause"}},
		{"no room, and a program that does not get its turn", 2 * limit, 150 * time.Millisecond, []string{"no handshake", "never reads", "silent", "does not read", "answered long ago", "pause"}},
		{"no room, and a program that gets nowhere", 2 * limit, time.Minute, []string{"no handshake", "never reads", "silent", "answered long ago"}},
		{"no room", 2 * limit, 0, []string{"no handshake", "never reads", "silent", "does not read", "answered long ago", "reads slowly", "pause", "short pause"}},
	} {
		netmem.SetBudget(limit, func() {}, nil)
		netmem.Charge(c.used - int(netmem.Snapshot().Used))
		var ended []string
		var all []idler
		for i := range peers {
			p := peers[i]
			p.log = &ended
			all = append(all, &p)
		}
		if n := end(all, c.behind); n != len(c.want) || !slices.Equal(ended, c.want) {
			t.Errorf("%s: ended %d, %q, want %q", c.name, n, ended, c.want)
		}
	}
	netmem.Charge(-int(netmem.Snapshot().Used))
}

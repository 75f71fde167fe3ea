package socket

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTablesLikeLinux: headings are Linux's, and of names none is not Linux's.
func TestTablesLikeLinux(t *testing.T) {
	s := newStack(t)
	for name, got := range map[string]string{"arp": s.procARP(), "packet": s.procPacket()} {
		want, err := os.ReadFile("/proc/net/" + name)
		if err != nil {
			t.Skip(err) // a host without
		}
		heading, _, _ := strings.Cut(string(want), "\n")
		if first, _, _ := strings.Cut(got, "\n"); first != heading {
			t.Errorf("%s: %q, Linux has %q", name, first, heading)
		}
	}
	want, err := os.ReadFile("/proc/net/snmp6")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(s.procSNMP6()) {
		if f := strings.Fields(line); len(f) != 2 || !strings.Contains("\n"+string(want), "\n"+f[0]+" ") || strings.Trim(f[1], "0123456789") != "" {
			t.Errorf("%q is not Linux's", line)
		}
	}
	six := func() (n int) {
		fmt.Sscanf(s.procSockstat6(), "TCP6: inuse %d\n", &n)
		return n
	}
	before := six()
	open(t, s, syscall.AF_INET6, syscall.SOCK_STREAM, 0).installed()
	if now := six(); now != before+1 {
		t.Errorf("%d sockets, before %d", now, before)
	}
}

// TestNeighbours: whom a stack has spoken to on a link it lists with its hardware address,
// and the networks that it reaches.
func TestNeighbours(t *testing.T) {
	guest, _, _ := linked(t)
	if err := guest.Configure("eth0", Config{Address: netip.MustParsePrefix("10.0.2.15/24")}); err != nil {
		t.Fatal(err)
	}
	k := open(t, guest, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	k.dial(netip.MustParseAddrPort("10.0.2.2:80")) // is refused
	const line = "10.0.2.2         0x1         0x2         02:00:00:00:00:02     *        eth0\n"
	for end := time.Now().Add(patience); !strings.Contains(guest.procARP(), line); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %q in\n%s", line, guest.procARP())
		}
	}
	for line := range strings.Lines(guest.procRoute6()) {
		if f := strings.Fields(line); len(f) != 10 || len(f[0]) != 32 || len(f[4]) != 32 || f[9] != "eth0" {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(guest.procRoute6(), "fe800000000000000000000000000000 40 ") {
		t.Errorf("no link's network in\n%s", guest.procRoute6())
	}
}

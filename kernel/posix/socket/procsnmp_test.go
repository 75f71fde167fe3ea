package socket

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// counter is what a file of pairs of lines, names and values, has in a column.
func counter(t *testing.T, text, line, column string) string {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		if len(names) != len(values) || names[0] != values[0] {
			t.Fatalf("%q and %q", lines[i], lines[i+1])
		}
		if names[0] == line+":" {
			if at := slices.Index(names, column); at > 0 {
				return values[at]
			}
		}
	}
	return "no " + column
}

// TestSNMP: messages are counted by kind, and IPv4's packets without IPv6's; each column is
// one of Linux'.
func TestSNMP(t *testing.T) {
	s := newStack(t)
	for to, domain := range map[string]uintptr{"127.0.0.1:9": syscall.AF_INET, "[::1]:9": syscall.AF_INET6} {
		if e := open(t, s, domain, syscall.SOCK_DGRAM, 0).sendTo("nobody is there", netip.MustParseAddrPort(to)); e != 0 {
			t.Fatal(e)
		}
	}
	for end := time.Now().Add(patience); counter(t, s.procSNMP(), "Icmp", "InDestUnreachs") != "1"; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(s.procSNMP())
		}
	}
	for _, c := range []struct{ line, column, want string }{
		{"Icmp", "InMsgs", "1"}, {"Icmp", "OutMsgs", "1"}, {"Icmp", "OutDestUnreachs", "1"}, {"Icmp", "InEchos", "0"},
		{"Ip", "InReceives", "2"}, {"Ip", "OutRequests", "2"}, {"Udp", "NoPorts", "2"},
	} {
		if got := counter(t, s.procSNMP(), c.line, c.column); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.column, c.line, got, c.want)
		}
	}
	s.net.Stats().TCP.ListenOverflowSynDrop.IncrementBy(3)
	s.net.Stats().TCP.ListenOverflowAckDrop.IncrementBy(4)
	if got := counter(t, s.procNetstat(), "TcpExt", "ListenDrops"); got != "7" {
		t.Errorf("%s drops", got)
	}
	for name, got := range map[string]string{"snmp": s.procSNMP(), "netstat": s.procNetstat()} {
		own, err := os.ReadFile("/proc/net/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(got) {
			title, columns, _ := strings.Cut(line, ": ")
			for _, column := range strings.Fields(columns) {
				if column[0] >= 'A' && strings.HasPrefix(counter(t, string(own), title, column), "no ") {
					t.Errorf("%s: Linux has no %s of %s", name, column, title)
				}
			}
		}
	}
}

// received is a link whose queue n has received 100+n packets.
type received struct{ stack.LinkEndpoint }

func (received) Received(queue int) (packets, squeezed uint64) {
	return uint64(100 + queue), 1<<32 + 7 // more than there is room for
}

// TestSoftnet: a line for each processor, with its queues of all cards.
func TestSoftnet(t *testing.T) {
	s := newStack(t)
	for range 2 {
		s.taps.links = append(s.taps.links, link{ep: received{}})
	}
	s.taps.links = append(s.taps.links, link{}) // one that does not tell
	lines := strings.SplitAfter(s.procSoftnet(), "\n")
	if len(lines) != runtime.NumCPU()+1 {
		t.Fatalf("%d lines", len(lines)-1)
	}
	for cpu, line := range lines[:len(lines)-1] {
		want := fmt.Sprintf("%08x 00000000 0000000e%s %08x\n", 200+2*cpu, strings.Repeat(" 00000000", 9), cpu)
		if line != want {
			t.Errorf("%q, want %q", line, want)
		}
	}
}

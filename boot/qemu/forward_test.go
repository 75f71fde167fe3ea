package qemu

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

func TestParseForward(t *testing.T) {
	for s, want := range map[string]Forward{
		"8080:80":         {"tcp", "127.0.0.1", 8080, 80},
		"8080:80/tcp":     {"tcp", "127.0.0.1", 8080, 80},
		"5353:53/udp":     {"udp", "127.0.0.1", 5353, 53},
		"9000":            {"tcp", "127.0.0.1", 9000, 9000},
		"0.0.0.0:8080:80": {"tcp", "0.0.0.0", 8080, 80},
	} {
		got, err := ParseForward(s)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
		if again, err := ParseForward(got.String()); err != nil || again != want {
			t.Errorf("%s does not read its own form %s: %v", s, got, err)
		}
	}
	for _, s := range []string{"", ":", "80:", "0:80", "80:65536", "a:b", "1:2:3", "::1:80:80", "80:80/sctp", "1.2.3.4:80:80:80"} {
		if f, err := ParseForward(s); err == nil || !strings.Contains(err.Error(), "HOST:GUEST") {
			t.Errorf("%q: %v, %v", s, f, err)
		}
	}
}

func TestFree(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	f := Forward{"tcp", "127.0.0.1", port, 80}
	if err := f.Free(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("port %d (tcp) of this machine is taken", port)) {
		t.Errorf("a taken port: %v", err)
	}
	l.Close()
	if err := f.Free(); err != nil {
		t.Errorf("a free port: %v", err)
	}
	p, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	f = Forward{"udp", "127.0.0.1", uint16(p.LocalAddr().(*net.UDPAddr).Port), 53}
	if err := f.Free(); err == nil || !strings.Contains(err.Error(), "(udp)") {
		t.Errorf("a taken UDP port: %v", err)
	}
}

func TestFreePort(t *testing.T) {
	for _, proto := range []string{"tcp", "udp"} {
		port, err := FreePort(proto)
		f := Forward{Proto: proto, Addr: "127.0.0.1", Host: port, Guest: 1}
		if err != nil || port < firstFree || port > lastFree || f.Free() != nil {
			t.Errorf("%s: %d, %v, %v", proto, port, err, f.Free())
		}
	}
}

// TestMeets: two forwards meet on one port of one protocol and address, or of all addresses.
func TestMeets(t *testing.T) {
	f := func(s string) Forward {
		f, err := ParseForward(s)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"80:1", "80:2", true}, {"80:1", "81:1", false}, {"80:1", "80:1/udp", false}, {"0.0.0.0:80:1", "80:2", true},
		{"80:1", "0.0.0.0:80:2", true}, {"127.0.0.2:80:1", "80:1", false},
	} {
		if got := f(c.a).Meets(f(c.b)); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

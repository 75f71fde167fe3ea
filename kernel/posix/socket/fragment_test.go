package socket

import (
	"bytes"
	"net/netip"
	"syscall"
	"testing"
)

// TestFragments: a datagram larger than the link's MTU arrives whole.
func TestFragments(t *testing.T) {
	guest, host, _ := linked(t)
	if err := guest.Configure("eth0", Config{Address: netip.MustParsePrefix("10.0.2.15/24")}); err != nil {
		t.Fatal(err)
	}
	server := open(t, host, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	to := server.bindTo("10.0.2.2:0")
	client := open(t, guest, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	want := make([]byte, 20000)
	for i := range want {
		want[i] = byte(i / 1000)
	}
	client.sendTo(string(want), to)
	if got := server.read(len(want) + 1); !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes arrived", len(got), len(want))
	}
}

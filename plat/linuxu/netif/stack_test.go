//go:build linux

package netif_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/netdev"
	"yolk/netdev/netstack"
	"yolk/plat/linuxu/netif"
)

// echo runs a network stack with an echo server on drv, at address a and port 7.
// It answers when it has read everything: with data under way in both directions
// and full windows, gVisor as it is outside of images comes to a deadlock
// (boot/overlay/gvisor.go).
func echo(t *testing.T, drv netdev.Driver, a [4]byte) *netdev.Device {
	t.Helper()
	dev := netdev.New(drv)
	if err := dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{Buffers: 512}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	ep, err := netstack.New(dev)
	if err != nil {
		t.Fatal(err)
	}
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	t.Cleanup(func() { ep.Close(); ep.Wait(); s.Close() })
	if err := s.CreateNICWithOptions(1, ep, stack.NICOptions{QDisc: ep}); err != nil {
		t.Fatal(err)
	}
	own := tcpip.AddrFrom4(a)
	if err := s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: own, PrefixLen: 24}}, stack.AddressProperties{}); err != nil {
		t.Fatal(err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	l, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: 1, Addr: own, Port: 7}, ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				all, _ := io.ReadAll(c)
				c.Write(all)
				c.Close()
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		if n := s.Stats().TCP.ChecksumErrors.Value(); n != 0 {
			t.Errorf("%d checksum errors", n)
		}
	})
	return dev
}

// host is an address of a host on the nth network.
func host(n int32, id byte) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(9 + n>>8), byte(n), id})
}

// The host's TCP and the stack's agree: checksums that the kernel leaves undone,
// and segments that it does not cut, come across.
func TestStackTalksToHost(t *testing.T) {
	for name, setup := range map[string]func(t *testing.T, n int32) netdev.Driver{
		"tap": func(t *testing.T, n int32) netdev.Driver {
			name := fmt.Sprintf("tap%d", n)
			tap(t, name)
			ip(t, "addr", "add", host(n, 1).String()+"/24", "dev", name)
			return netif.Tap(name)
		},
		"packet": func(t *testing.T, n int32) netdev.Driver {
			a, b := veth(t)
			ip(t, "addr", "add", host(n, 1).String()+"/24", "dev", a)
			return netif.Packet(b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			quiet(t)
			n := serial.Add(1)
			dev := echo(t, setup(t, n), host(n, 2).As4())
			c, err := net.DialTimeout("tcp", netip.AddrPortFrom(host(n, 2), 7).String(), 10*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(20 * time.Second))
			sent := make([]byte, 4<<20)
			rand.NewChaCha8([32]byte{}).Read(sent)
			go func() { c.Write(sent); c.(*net.TCPConn).CloseWrite() }()
			got, err := io.ReadAll(c)
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("%d of %d bytes back, %v; %+v", len(got), len(sent), err, dev.Stats())
			}
			s := dev.Stats()
			t.Logf("%+v", s)
			if name == "packet" && s.RxPackets > 4<<20/1448 {
				t.Errorf("%d packets received: segments do not come coalesced", s.RxPackets)
			}
		})
	}
}

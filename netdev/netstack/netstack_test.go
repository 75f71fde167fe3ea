package netstack_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netstack"
	"yolk/netdev/pipe"
)

// event is an interrupt line to a waiting goroutine.
type event chan struct{}

func (e event) fire() {
	select {
	case e <- struct{}{}:
	default:
	}
}

func (e event) wait() { <-e }

// host is a network stack over a device.
type host struct {
	*stack.Stack
	ep *netstack.Endpoint
	a4 tcpip.Address
	a6 tcpip.Address
}

// newHost attaches a stack with address 10.0.0.id and, given IPv6, fd00::id to dev.
func newHost(t testing.TB, dev *netdev.Device, id byte, ip ...stack.NetworkProtocolFactory) *host {
	t.Helper()
	ep, err := netstack.New(dev)
	if err != nil {
		t.Fatal(err)
	}
	s := stack.New(stack.Options{
		NetworkProtocols:   append(ip, arp.NewProtocol),
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	if err := s.CreateNICWithOptions(1, ep, stack.NICOptions{QDisc: ep}); err != nil {
		t.Fatal(err)
	}
	h := &host{s, ep, tcpip.AddrFrom4([4]byte{10, 0, 0, id}), tcpip.AddrFrom16([16]byte{0: 0xfd, 15: id})}
	for proto, a := range map[tcpip.NetworkProtocolNumber]tcpip.AddressWithPrefix{
		ipv4.ProtocolNumber: {Address: h.a4, PrefixLen: 24},
		ipv6.ProtocolNumber: {Address: h.a6, PrefixLen: 64},
	} {
		if proto == ipv6.ProtocolNumber && len(ip) < 2 {
			continue
		}
		if err := s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: proto, AddressWithPrefix: a}, stack.AddressProperties{}); err != nil {
			t.Fatal(err)
		}
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}, {Destination: header.IPv6EmptySubnet, NIC: 1}})
	t.Cleanup(func() {
		ep.Close()
		ep.Wait()
		s.Close()
	})
	return h
}

// pipePair joins two hosts by a pipe.
func pipePair(t testing.TB, cfg config) (a, b *host) {
	t.Helper()
	x, y := pipe.New()
	da, db := open(t, x, cfg), open(t, y, cfg)
	return newHost(t, da, 1, ipv4.NewProtocol, ipv6.NewProtocol), newHost(t, db, 2, ipv4.NewProtocol, ipv6.NewProtocol)
}

// config is the queues' sizes, 0 for the driver's choice.
type config struct{ RxSize, TxSize int }

// open opens a device with all offloads.
func open(t testing.TB, drv netdev.Driver, cfg config) *netdev.Device {
	t.Helper()
	dev := netdev.New(drv)
	if err := dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{Size: cfg.RxSize}, netdev.TxConfig{Size: cfg.TxSize}); err != nil {
		t.Fatal(err)
	}
	return dev
}

// line is an event for everything that a device interrupts for.
type line struct{ event }

func (l line) Wait(int) { l.wait() }
func (l line) Wake(int) { l.fire() }

// card is a virtio driver whose interrupts fire an event.
func card(t testing.TB, tr virtio.Transport, mem virtio.Memory, irq event) *virtionet.Device {
	t.Helper()
	drv, err := virtionet.New(tr, mem)
	if err != nil {
		t.Fatal(err)
	}
	drv.WaitWith(line{irq})
	return drv
}

// virtioPair joins two hosts by two virtio-net drivers and devices.
func virtioPair(t testing.TB, features virtio.Feature, cfg config) (a, b *host) {
	t.Helper()
	mem := virtiotest.NewMemory(8 << 20)
	var hosts [2]*host
	var fakes [2]*virtiotest.Net
	var irqs [2]event
	var devs [2]*virtionet.Device
	stop, stopped := make(chan struct{}), make(chan struct{})
	for i := range hosts {
		irqs[i] = make(event, 1)
		fakes[i] = virtiotest.NewNet(mem, byte(i+1), features)
		fakes[i].Interrupt = func(int) { irqs[i].fire() }
		devs[i] = card(t, fakes[i], mem, irqs[i])
	}
	kick := virtiotest.NewCable(fakes[0], fakes[1])
	for i := range hosts {
		hosts[i] = newHost(t, open(t, devs[i], cfg), byte(i+1), ipv4.NewProtocol, ipv6.NewProtocol)
	}
	go func() { defer close(stopped); kick.Run(stop) }()
	t.Cleanup(func() { close(stop); <-stopped })
	return hosts[0], hosts[1]
}

// ports makes each transfer use its own, since closed ones linger.
var ports atomic.Uint32

// transfer sends n random bytes over TCP from a to b and a checksum of sorts
// back: everything must arrive unchanged.
func transfer(t testing.TB, a, b *host, v6 bool, n int) {
	t.Helper()
	proto, dst := ipv4.ProtocolNumber, b.a4
	if v6 {
		proto, dst = ipv6.ProtocolNumber, b.a6
	}
	at := tcpip.FullAddress{NIC: 1, Addr: dst, Port: uint16(1024 + ports.Add(1)%60000)}
	l, err := gonet.ListenTCP(b.Stack, at, proto)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sent := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(sent)
	result := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			result <- err
			return
		}
		defer c.Close()
		got, err := io.ReadAll(c)
		if err == nil && !bytes.Equal(got, sent) {
			err = fmt.Errorf("received %d bytes, not those sent", len(got))
		}
		result <- err
	}()
	c, err := gonet.DialTCP(a.Stack, at, proto)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write(sent); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := <-result; err != nil {
		t.Fatal(err)
	}
}

// Feature bits (VIRTIO 1.2, 5.1.3).
const (
	sums    = 1<<0 | 1<<1
	hostTSO = 1<<11 | 1<<12
	recvTSO = 1<<7 | 1<<8
	merge   = 1 << 15
)

func TestTransfer(t *testing.T) {
	pairs := map[string]func(t *testing.T) (a, b *host){
		"pipe":           func(t *testing.T) (a, b *host) { return pipePair(t, config{}) },
		"virtio, plain":  func(t *testing.T) (a, b *host) { return virtioPair(t, 0, config{}) },
		"virtio, events": func(t *testing.T) (a, b *host) { return virtioPair(t, virtio.FeatureEventIdx|merge, config{}) },
		"virtio, tiny": func(t *testing.T) (a, b *host) {
			return virtioPair(t, sums|virtio.FeatureEventIdx, config{RxSize: 8, TxSize: 8})
		},
		"virtio, offload": func(t *testing.T) (a, b *host) {
			return virtioPair(t, sums|hostTSO|recvTSO|merge|virtio.FeatureEventIdx, config{})
		},
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			transfer(t, a, b, false, 4<<20)
			transfer(t, b, a, true, 1<<20)
			for _, h := range []*host{a, b} {
				// This stack does not ask whether the endpoint is congested, as that
				// of an image does: its window may be longer than the backlog, once.
				if s := h.ep.Stats(); s.TxDropped*100 > s.TxPackets || s.RxForeign > 0 || s.RxPackets == 0 {
					t.Errorf("%+v", s)
				}
				if n := h.Stack.Stats().TCP.ChecksumErrors.Value(); n != 0 {
					t.Errorf("%d checksum errors", n)
				}
			}
		})
	}
}

// With segmentation offload 4 MiB cross in far fewer packets than segments.
func TestOffloadUsesLargeSegments(t *testing.T) {
	a, b := virtioPair(t, sums|hostTSO|recvTSO|merge|virtio.FeatureEventIdx, config{})
	transfer(t, a, b, false, 4<<20)
	if n := a.ep.Stats().TxPackets; n > 4<<20/1448/4 {
		t.Errorf("%d packets for 4 MiB", n)
	}
}

// BenchmarkTransfer is bulk TCP on one connection between two stacks on this
// machine: both stacks, both drivers and the device's copying included.
func BenchmarkTransfer(b *testing.B) {
	for _, c := range []struct {
		name     string
		features virtio.Feature
	}{{"plain", virtio.FeatureEventIdx | merge}, {"offload", sums | hostTSO | recvTSO | merge | virtio.FeatureEventIdx}} {
		b.Run(c.name, func(b *testing.B) {
			x, y := virtioPair(b, c.features, config{})
			at := tcpip.FullAddress{NIC: 1, Addr: y.a4, Port: 80}
			l, err := gonet.ListenTCP(y.Stack, at, ipv4.ProtocolNumber)
			if err != nil {
				b.Fatal(err)
			}
			out, err := gonet.DialTCP(x.Stack, at, ipv4.ProtocolNumber)
			if err != nil {
				b.Fatal(err)
			}
			in, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			chunk, sink := make([]byte, 1<<20), make([]byte, 1<<20)
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				go out.Write(chunk)
				if _, err := io.ReadFull(in, sink); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(x.ep.Stats().TxPackets)/float64(b.N), "pkts/op")
		})
	}
}

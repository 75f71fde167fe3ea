package netstack_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netstack"
)

// bench is a host over a virtio device whose other side the test plays.
type bench struct {
	*host
	fake *virtiotest.Net
	dev  *netdev.Device
	irq  event
}

func newBench(t *testing.T, features virtio.Feature, cfg config) *bench {
	t.Helper()
	mem := virtiotest.NewMemory(4 << 20)
	b := &bench{fake: virtiotest.NewNet(mem, 1, features), irq: make(event, 1)}
	b.fake.Interrupt = func(int) { b.irq.fire() }
	b.dev = open(t, card(t, b.fake, mem, b.irq), cfg)
	b.host = newHost(t, b.dev, 1, ipv4.NewProtocol) // IPv6 would send by itself
	return b
}

// datagram returns a frame with its virtio header: UDP from 10.0.0.2:7 to
// 10.0.0.1:9, addressed to the bench, checksums right.
func datagram(payload string) []byte {
	f := make([]byte, virtiotest.NetHeader+14+20+8+len(payload))
	eth := f[virtiotest.NetHeader:]
	header.Ethernet(eth).Encode(&header.EthernetFields{
		SrcAddr: "\x52\x54\x00\x00\x00\x02", DstAddr: "\x52\x54\x00\x00\x00\x01", Type: header.IPv4ProtocolNumber})
	src, dst := tcpip.AddrFrom4([4]byte{10, 0, 0, 2}), tcpip.AddrFrom4([4]byte{10, 0, 0, 1})
	ip := header.IPv4(eth[14:])
	ip.Encode(&header.IPv4Fields{TotalLength: uint16(len(ip)), TTL: 64, Protocol: 17, SrcAddr: src, DstAddr: dst})
	ip.SetChecksum(^ip.CalculateChecksum())
	u := header.UDP(ip[20:])
	u.Encode(&header.UDPFields{SrcPort: 7, DstPort: 9, Length: uint16(len(u))})
	copy(u[8:], payload)
	sum := header.PseudoHeaderChecksum(header.UDPProtocolNumber, src, dst, uint16(len(u)))
	u.SetChecksum(^checksum.Checksum(u, sum))
	return f
}

// listen returns a socket on port 9.
func (b *bench) listen(t *testing.T) *gonet.UDPConn {
	t.Helper()
	c, err := gonet.DialUDP(b.Stack, &tcpip.FullAddress{NIC: 1, Addr: b.a4, Port: 9}, nil, ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	return c
}

// expect reads one datagram.
func expect(t *testing.T, c *gonet.UDPConn, want string) {
	t.Helper()
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	if err != nil || string(buf[:n]) != want {
		t.Fatalf("%q, %v; want %q", buf[:n], err, want)
	}
}

// Checksums of packets for which the device does not vouch are verified; of those
// for which it does they are not. Both kinds may come in one burst.
func TestChecksumVerification(t *testing.T) {
	b := newBench(t, sums|virtio.FeatureEventIdx, config{})
	c := b.listen(t)
	bad, vouched := datagram("bad"), datagram("vouched")
	bad[len(bad)-1] ^= 1
	vouched[len(vouched)-1] ^= 1
	vouched[0] = 2 // DATA_VALID
	partial := datagram("partial")
	copy(partial, []byte{1, 0, 0, 0, 0, 0, 34, 0, 6, 0}) // NEEDS_CSUM
	partial[12+14+20+6] ^= 1
	for _, f := range [][]byte{bad, vouched, bad, datagram("good"), partial} {
		b.fake.Deliver(f)
	}
	b.fake.Flush()
	expect(t, c, "vouchee") // d ^ 1
	expect(t, c, "good")
	expect(t, c, "partial")
	if n := b.Stack.Stats().UDP.ChecksumErrors.Value(); n != 2 {
		t.Errorf("%d checksum errors, want 2", n)
	}
}

// A device that must be polled, or does not run, is refused.
func TestNewRefuses(t *testing.T) {
	mem := virtiotest.NewMemory(4 << 20)
	drv, err := virtionet.New(virtiotest.NewNet(mem, 1, 0), mem)
	if err != nil {
		t.Fatal(err)
	}
	dev := netdev.New(drv)
	if _, err := netstack.New(dev); !errors.Is(err, netdev.ErrState) {
		t.Errorf("unprobed: %v", err)
	}
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	if _, err := netstack.New(dev); !errors.Is(err, netdev.ErrUnsupported) {
		t.Errorf("without interrupts: %v", err)
	}
}

func TestForeignFrames(t *testing.T) {
	b := newBench(t, 0, config{})
	c := b.listen(t)
	foreign := datagram("not for us")
	foreign[virtiotest.NetHeader+5] = 77
	b.fake.Deliver(foreign)
	b.fake.Deliver(datagram("for us"))
	b.fake.Flush()
	expect(t, c, "for us")
	// Counted at the end of the burst, which may be just now.
	for b.ep.Stats().RxPackets < 2 {
		time.Sleep(time.Millisecond)
	}
	if s := b.ep.Stats(); s.RxForeign != 1 || s.RxPackets != 2 {
		t.Errorf("%+v", s)
	}
}

// packets makes a list of n small packets.
func packets(n int) (l stack.PacketBufferList) {
	for range n {
		p := stack.NewPacketBuffer(stack.PacketBufferOptions{
			ReserveHeaderBytes: 14,
			Payload:            buffer.MakeWithData(bytes.Repeat([]byte{1}, 100)),
		})
		p.LinkHeader().Push(14)
		l.PushBack(p)
	}
	return l
}

// A sender waits for a device that is slow, and gives up on one that is stuck.
func TestBackpressure(t *testing.T) {
	b := newBench(t, 0, config{TxSize: 8})
	n, err := b.ep.WritePackets(packets(20))
	if _, full := err.(*tcpip.ErrNoBufferSpace); n != 8 || !full {
		t.Fatalf("%d, %v", n, err)
	}
	if s := b.ep.Stats(); s.TxPackets != 8 || s.TxDropped != 12 || s.TxWaits == 0 {
		t.Errorf("%+v", s)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				b.fake.Sent(1, func([]byte) {})
				time.Sleep(10 * time.Microsecond)
			}
		}
	}()
	for range 100 {
		if n, err := b.ep.WritePackets(packets(40)); n != 40 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	close(stop)
	<-stopped
}

// The endpoint survives a device that lies, whichever side notices: the device
// is reset and packets flow again.
func TestHostileDevice(t *testing.T) {
	for name, lie := range map[string]func(t *testing.T, b *bench){
		"receiver notices": func(t *testing.T, b *bench) {
			b.fake.Queue(0).PublishIndex(999)
			b.irq.fire()
		},
		"sender notices": func(t *testing.T, b *bench) {
			b.fake.Queue(1).PublishIndex(999)
			b.ep.WritePackets(packets(4))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, virtio.FeatureEventIdx, config{TxSize: 2})
			c := b.listen(t)
			for round := range 3 {
				restarted := make(chan struct{}, 1)
				b.fake.OnStatus = func(s virtio.Status) {
					if s&virtio.StatusDriverOK != 0 {
						restarted <- struct{}{}
					}
				}
				// Before and after each reset the receiver must be asleep with
				// its interrupt enabled, or the lie would race with it.
				b.fake.Deliver(datagram("before"))
				b.fake.Flush()
				expect(t, c, "before")
				lie(t, b)
				select {
				case <-restarted:
				case <-time.After(10 * time.Second):
					t.Fatalf("round %d: not restarted: %v, %+v", round, b.dev.State(), b.ep.Stats())
				}
				deliverWhenReady(t, b, datagram("after"))
				expect(t, c, "after")
			}
			if s := b.ep.Stats(); s.Restarts != 3 || b.dev.Stats().DeviceErrors != 3 {
				t.Errorf("%+v, %+v", s, b.dev.Stats())
			}
		})
	}
}

// deliverWhenReady delivers a frame once buffers are posted.
func deliverWhenReady(t *testing.T, b *bench, frame []byte) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !b.fake.Deliver(frame); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no receive buffers after restart")
		}
	}
	b.fake.Flush()
}

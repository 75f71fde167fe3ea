package netstack_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"sync/atomic"
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
	mem  *virtiotest.Memory
	irq  event

	given  uint64                 // frames, by give
	posted atomic.Pointer[func()] // called when receive buffers are next posted
}

func newBench(t testing.TB, features virtio.Feature, cfg config) *bench {
	t.Helper()
	mem := virtiotest.NewMemory(4 << 20)
	b := &bench{mem: mem, fake: virtiotest.NewNet(mem, 1, features), irq: make(event, 1)}
	b.fake.Interrupt = func(int) { b.irq.fire() }
	b.fake.OnNotify = func(queue int) {
		if queue != 0 {
			return
		}
		if f := b.posted.Swap(nil); f != nil {
			(*f)()
		}
	}
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
func (b *bench) listen(t testing.TB) *gonet.UDPConn {
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

// A device vouches for a transport checksum only: an IPv4 header that has changed
// is found out whatever the device says.
func TestVouchedHeader(t *testing.T) {
	b := newBench(t, sums|virtio.FeatureEventIdx, config{})
	c := b.listen(t)
	for _, flags := range []byte{1, 2} { // NEEDS_CSUM, DATA_VALID
		for at := range 20 {
			f := datagram("changed")
			f[0] = flags
			copy(f[6:], []byte{34, 0, 6, 0})
			f[virtiotest.NetHeader+14+at] ^= 0x10
			b.fake.Deliver(f)
		}
		b.fake.Deliver(datagram("good"))
		b.fake.Flush()
		expect(t, c, "good")
	}
}

// Nor does it vouch for a datagram by vouching for one of its fragments.
func TestVouchedFragment(t *testing.T) {
	b := newBench(t, sums|virtio.FeatureEventIdx, config{})
	c := b.listen(t)
	whole := datagram("sixteen bytes, and then some")
	const ip = virtiotest.NetHeader + 14
	cut := func(from, to int, flags uint8) []byte {
		f := append([]byte(nil), whole[:ip+20]...)
		f = append(f, whole[ip+20+from:ip+20+to]...)
		h := header.IPv4(f[ip:])
		h.SetTotalLength(uint16(len(h)))
		h.SetFlagsFragmentOffset(flags, uint16(from))
		h.SetChecksum(0)
		h.SetChecksum(^h.CalculateChecksum())
		return f
	}
	for _, vouched := range []int{0, 1} {
		parts := [][]byte{cut(0, 24, header.IPv4FlagMoreFragments), cut(24, len(whole)-ip-20, 0)}
		parts[vouched][0] = 2 // DATA_VALID
		parts[1-vouched][len(parts[1-vouched])-1] ^= 1
		b.fake.Deliver(parts[0])
		b.fake.Deliver(parts[1])
		b.fake.Flush()
	}
	b.fake.Deliver(cut(0, 24, header.IPv4FlagMoreFragments))
	b.fake.Deliver(cut(24, len(whole)-ip-20, 0))
	b.fake.Flush()
	expect(t, c, "sixteen bytes, and then some")
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

// packets makes a list of n small packets, longPackets of long ones.
func packets(n int) stack.PacketBufferList     { return numbered(0, n, 100) }
func longPackets(n int) stack.PacketBufferList { return numbered(0, n, 1000) }

// numbered makes packets that end with their number, from first on.
func numbered(first, n, size int) (l stack.PacketBufferList) {
	for i := range n {
		data := binary.BigEndian.AppendUint32(bytes.Repeat([]byte{1}, size), uint32(first+i))
		p := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: 14, Payload: buffer.MakeWithData(data)})
		p.LinkHeader().Push(14)
		l.PushBack(p)
	}
	return l
}

// A sender never waits: what a stuck device does not take stays in the backlog, and
// what has no room there is refused, short packets last; all are counted, and given up
// in the end.
func TestStuckDevice(t *testing.T) {
	const ring, batch, reserved, backlog = 8, 32, 64, 1024
	b := newBench(t, 0, config{TxSize: ring})
	n, err := b.ep.WritePackets(longPackets(ring + batch + backlog))
	if _, full := err.(*tcpip.ErrNoBufferSpace); n != ring+batch+backlog-reserved || !full || !b.ep.Congested() {
		t.Fatalf("%d, %v, congested: %v", n, err, b.ep.Congested())
	}
	n, err = b.ep.WritePackets(packets(reserved + 3))
	if _, full := err.(*tcpip.ErrNoBufferSpace); n != reserved || !full {
		t.Fatalf("%d, %v", n, err)
	}
	b.ep.WaitRoom() // until they are given up
	if s := b.ep.Stats(); s.TxWaited != backlog || s.TxDropped != reserved+batch+backlog+3 || b.ep.Congested() {
		t.Errorf("%+v, congested: %v", s, b.ep.Congested())
	}
	sent := 0
	b.fake.Sent(ring, func([]byte) { sent++ })
	if sent != ring {
		t.Errorf("the device got %d packets", sent)
	}
}

// A slow device gets every packet, once and in order.
func TestSlowDevice(t *testing.T) {
	b := newBench(t, 0, config{TxSize: 8})
	const rounds, each = 50, 40
	go func() {
		for i := range rounds {
			if n, err := b.ep.WritePackets(numbered(i*each, each, 100)); n != each || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			b.ep.WaitRoom()
		}
	}()
	next := 0
	for deadline := time.Now().Add(20 * time.Second); next < rounds*each; time.Sleep(10 * time.Microsecond) {
		b.fake.Sent(1, func(p []byte) {
			if got := int(binary.BigEndian.Uint32(p[len(p)-4:])); got != next {
				t.Errorf("packet %d came when %d was due", got, next)
			}
			next++
		})
		if time.Now().After(deadline) {
			t.Fatalf("%d packets, %+v", next, b.ep.Stats())
		}
	}
	if s := b.ep.Stats(); s.TxWaited == 0 || s.TxDropped != 0 || s.TxPackets != rounds*each {
		t.Errorf("%+v", s)
	}
}

// An endpoint that is closed gives up its backlog, whose packets it alone holds.
func TestCloseWithBacklog(t *testing.T) {
	b := newBench(t, 0, config{TxSize: 8})
	l := packets(100)
	b.ep.WritePackets(l)
	l.Reset() // the caller's references
	b.ep.Close()
	b.ep.Wait()
	if s := b.ep.Stats(); s.TxDropped == 0 || b.ep.Congested() {
		t.Errorf("closed with a backlog: %+v", s)
	}
}

// The endpoint survives a device that lies, whichever side notices: the device is
// reset and packets flow again, from the first that comes in a buffer posted since.
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
			after := func() {
				b.fake.Deliver(datagram("after"))
				b.fake.Flush()
			}
			b.fake.OnStatus = func(s virtio.Status) {
				if s&virtio.StatusDriverOK != 0 {
					b.posted.Store(&after)
				}
			}
			for range 3 {
				// Before each lie the receiver must be asleep with its interrupt
				// enabled, or it would notice what the sender shall.
				b.fake.Deliver(datagram("before"))
				b.fake.Flush()
				expect(t, c, "before")
				lie(t, b)
				expect(t, c, "after")
			}
			if s := b.ep.Stats(); s.Restarts != 3 || b.dev.Stats().DeviceErrors != 3 {
				t.Errorf("%+v, %+v", s, b.dev.Stats())
			}
		})
	}
}

// An answer is given to short frames for this station, or they are dropped, and the stack does
// not see them then; it gets the others, and all when nobody answers any more.
func TestAnswer(t *testing.T) {
	b := newBench(t, sums|virtio.FeatureEventIdx, config{})
	c := b.listen(t)
	seen := make(chan string, 10)
	b.ep.SetAnswer(func(frame, reply []byte, sound bool) int {
		seen <- string(frame[14+20+8:])
		if frame[len(frame)-1] == '!' {
			return copy(reply, "an answer of its own")
		}
		if frame[len(frame)-1] == '?' {
			return -1
		}
		return 0
	})
	foreign := datagram("foreign!")
	foreign[virtiotest.NetHeader+5] = 77
	for _, f := range [][]byte{foreign, datagram("answer me!"), datagram("nobody?"), datagram("me not"), datagram(strings.Repeat("long", 40) + "!")} {
		b.fake.Deliver(f)
	}
	b.fake.Flush()
	expect(t, c, "me not")
	expect(t, c, strings.Repeat("long", 40)[:100])
	for _, want := range []string{"answer me!", "nobody?", "me not"} {
		if got := <-seen; got != want {
			t.Errorf("seen %q, want %q", got, want)
		}
	}
	var sent []string
	for deadline := time.Now().Add(10 * time.Second); len(sent) == 0 && time.Now().Before(deadline); {
		b.fake.Sent(10, func(p []byte) { sent = append(sent, string(p[virtiotest.NetHeader:])) })
	}
	if len(sent) != 1 || sent[0] != "an answer of its own" {
		t.Errorf("sent %q", sent)
	}
	b.ep.SetAnswer(nil)
	b.fake.Deliver(datagram("unanswered!"))
	b.fake.Flush()
	expect(t, c, "unanswered!")
}

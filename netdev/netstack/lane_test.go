package netstack_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
)

// Feature bits (VIRTIO 1.2, 5.1.3).
const (
	ctrlVQ virtio.Feature = 1 << 17
	mq     virtio.Feature = 1 << 22
)

// lines are a device's interrupts, one for each queue.
type lines map[int]event

func (l lines) Wait(queue int) { l[queue].wait() }
func (l lines) Wake(queue int) { l[queue].fire() }

// newLanes is newBench for a device with several pairs of queues, all of which are used.
func newLanes(t testing.TB, features virtio.Feature) *bench {
	t.Helper()
	mem := virtiotest.NewMemory(8 << 20)
	irq := lines{virtio.ConfigVector: make(event, 1)}
	for i := range virtiotest.MaxPairs {
		irq[2*i] = make(event, 1)
	}
	b := &bench{fake: virtiotest.NewNet(mem, 1, features|ctrlVQ|mq)}
	b.fake.Interrupt = func(queue int) {
		if queue%2 == 0 || queue == virtio.ConfigVector {
			irq[queue].fire()
		}
	}
	drv, err := virtionet.New(b.fake, mem)
	if err != nil {
		t.Fatal(err)
	}
	drv.WaitWith(irq)
	b.dev = netdev.New(drv)
	if err := b.dev.Open(netdev.Config{Offloads: netdev.Offloads, RxQueues: virtiotest.MaxPairs}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	b.host = newHost(t, b.dev, 1, ipv4.NewProtocol)
	return b
}

// checksummed is what the stack asks for a small segment.
var checksummed = stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, CsumOffset: header.TCPChecksumOffset, MSS: 1448}

// Whatever way a flow is sent it leaves through the same queue, in order, and flows are
// spread over all queues. What has no ports leaves through the first.
func TestLanesSend(t *testing.T) {
	const (
		station = tcpip.LinkAddress("\x52\x54\x00\x00\x00\x02")
		flows   = 64
		start   = virtiotest.NetHeader + header.EthernetMinimumSize + header.IPv4MinimumSize
	)
	b := newLanes(t, sums)
	var list stack.PacketBufferList
	for i := range flows {
		head := make([]byte, header.IPv4MinimumSize+header.TCPMinimumSize)
		ports := head[header.IPv4MinimumSize:]
		binary.BigEndian.PutUint16(ports, 80)
		binary.BigEndian.PutUint16(ports[2:], uint16(40000+i))
		if !b.ep.WriteFlow(station, append(head, 1), nil, &checksummed) {
			t.Fatal("a flow is not sent")
		}
		for n := range byte(2) {
			p := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: header.EthernetMinimumSize + len(head), Payload: buffer.MakeWithData([]byte{2 + n})})
			copy(p.TransportHeader().Push(header.TCPMinimumSize), ports)
			p.NetworkHeader().Push(header.IPv4MinimumSize)
			p.EgressRoute.RemoteLinkAddress = station
			b.ep.AddHeader(p)
			list.PushBack(p)
		}
	}
	if n, err := b.ep.WritePackets(list); n != 2*flows {
		t.Fatal(n, err)
	}
	seen := map[uint16]int{}
	for i, pair := range b.fake.Pairs {
		last := map[uint16]byte{}
		pair.Sent(256, func(f []byte) {
			port, number := binary.BigEndian.Uint16(f[start+2:]), f[len(f)-1]
			if number != last[port]+1 {
				t.Errorf("queue %d has packet %d of flow %d after %d", i, number, port, last[port])
			}
			last[port] = number
		})
		if len(last) == 0 {
			t.Errorf("pair %d sends nothing", i)
		}
		for port := range last {
			seen[port]++
		}
	}
	if len(seen) != flows {
		t.Errorf("%d flows were sent", len(seen))
	}
	for port, queues := range seen {
		if queues != 1 {
			t.Errorf("flow %d was sent through %d queues", port, queues)
		}
	}
	b.ep.WritePackets(packets(1))
	if n := b.fake.Sent(2, func([]byte) {}); n != 1 {
		t.Errorf("%d packets without ports left through the first queue", n)
	}
}

// Every queue is received from, each by itself; of two packets that arrive at once on two
// queues each is believed what its own header says of its checksum.
func TestLanesReceive(t *testing.T) {
	b := newLanes(t, sums)
	c := b.listen(t)
	for i, pair := range b.fake.Pairs {
		want := fmt.Sprint("through queue ", i)
		pair.Deliver(datagram(want))
		pair.Flush()
		expect(t, c, want)
	}
	bad := datagram("bad")
	bad[len(bad)-1] ^= 1
	const each = 100
	for range each {
		for i, pair := range b.fake.Pairs {
			if i%2 == 0 {
				pair.Deliver(bad)
			} else {
				good := datagram("good")
				good[0] = 2 // DATA_VALID
				pair.Deliver(good)
			}
			pair.Flush()
		}
		for range virtiotest.MaxPairs / 2 {
			expect(t, c, "good")
		}
	}
	b.await(t, virtiotest.MaxPairs*(each+1))
	if n := b.Stack.Stats().UDP.ChecksumErrors.Value(); n != each*virtiotest.MaxPairs/2 {
		t.Errorf("%d checksum errors", n)
	}
}

// await waits until so many packets were received, which are counted behind each burst.
func (b *bench) await(t *testing.T, packets uint64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); b.ep.Stats().RxPackets < packets; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", b.ep.Stats())
		}
	}
}

// A device that lies on any queue, to a receiver or to a sender, is reset, and all queues
// work again.
func TestLanesRestart(t *testing.T) {
	for side := range 2 {
		for queue := range virtiotest.MaxPairs {
			b := newLanes(t, sums)
			c := b.listen(t)
			pair := b.fake.Pairs[queue]
			pair.Deliver(datagram("before"))
			pair.Flush()
			expect(t, c, "before")
			b.fake.Queue(2*queue + side).PublishIndex(999)
			if side == 0 {
				b.fake.Interrupt(2 * queue)
			}
			for deadline := time.Now().Add(20 * time.Second); b.ep.Stats().Restarts == 0; time.Sleep(time.Millisecond) {
				if side == 1 {
					for port := range byte(64) { // one of them leaves through that queue
						head := make([]byte, header.IPv4MinimumSize+header.TCPMinimumSize)
						head[header.IPv4MinimumSize+3] = port
						b.ep.WriteFlow("\x52\x54\x00\x00\x00\x02", head, nil, &checksummed)
					}
				}
				if time.Now().After(deadline) {
					t.Fatalf("queue %d: not reset: %+v", 2*queue+side, b.ep.Stats())
				}
			}
			for i, pair := range b.fake.Pairs {
				want := fmt.Sprint("after on queue ", i)
				for !pair.Room(len(datagram(want))) {
					time.Sleep(time.Millisecond) // its receiver posts buffers
				}
				pair.Deliver(datagram(want))
				pair.Flush()
				buf := make([]byte, 100)
				if n, err := c.Read(buf); err != nil || !bytes.Equal(buf[:n], []byte(want)) {
					t.Fatalf("%q, %v; want %q", buf[:n], err, want)
				}
			}
		}
	}
}

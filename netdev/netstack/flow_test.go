package netstack_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/drivers/virtio"
)

// The short way puts the same frame, with the same virtio header, into the device's ring
// as the long way does, of either IP; and nothing at all when others wait, or the station
// has no Ethernet address.
func TestWriteFlow(t *testing.T) {
	const station = tcpip.LinkAddress("\x52\x54\x00\x00\x00\x02")
	const ring = 64
	gso := stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, CsumOffset: header.TCPChecksumOffset, MSS: 1448, L3HdrLen: header.IPv4MinimumSize}
	gso6 := gso
	gso6.Type, gso6.L3HdrLen, gso6.MSS = stack.GSOTCPv6, header.IPv6MinimumSize, 1428
	b := newBench(t, sums|hostTSO, config{TxSize: ring})
	sent := func() (frames [][]byte) {
		b.fake.Sent(ring, func(f []byte) { frames = append(frames, bytes.Clone(f)) })
		return frames
	}
	random := rand.NewChaCha8([32]byte{})
	for _, way := range []struct {
		protocol tcpip.NetworkProtocolNumber
		gso      stack.GSO
	}{{header.IPv4ProtocolNumber, gso}, {header.IPv6ProtocolNumber, gso6}} {
		mss := int(way.gso.MSS)
		for _, length := range []int{0, 1, 64, mss, mss + 1, 5000, 60000} {
			network := int(way.gso.L3HdrLen)
			head, data := make([]byte, network+header.TCPMinimumSize+12), make([]byte, length)
			random.Read(head)
			random.Read(data)

			long := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: header.EthernetMinimumSize + len(head), Payload: buffer.MakeWithData(data)})
			copy(long.TransportHeader().Push(len(head)-network), head[network:])
			copy(long.NetworkHeader().Push(network), head)
			long.NetworkProtocolNumber = way.protocol
			long.EgressRoute.RemoteLinkAddress = station
			long.GSOOptions = way.gso
			b.ep.AddHeader(long)
			var list stack.PacketBufferList
			list.PushBack(long)
			if n, err := b.ep.WritePackets(list); n != 1 {
				t.Fatal(err)
			}
			want := sent()

			short := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(data)})
			if !b.ep.WriteFlow(station, head, short, &way.gso) {
				t.Fatalf("%d bytes are not sent", length)
			}
			short.DecRef()
			got := sent()
			if len(want) != 1 || len(got) != 1 || !bytes.Equal(got[0], want[0]) {
				t.Errorf("protocol %#x, %d bytes: %.80x, want %.80x", way.protocol, length, got, want)
			}
		}
	}

	head := make([]byte, header.IPv4MinimumSize+header.TCPMinimumSize)
	if b.ep.WriteFlow("", head, nil, &gso) {
		t.Error("sent to a station without an address")
	}
	b.ep.WritePackets(packets(ring + 1))
	if b.ep.WriteFlow(station, head, nil, &gso) {
		t.Error("sent before what waits")
	}
	if n := len(sent()); n != ring {
		t.Errorf("%d packets in the ring", n)
	}
}

// TestDoorbell: who sends while the doorbell is rung does not wait for that, and a device
// that sleeps when it has looked at all gets everything, whoever sends, and rings, at once.
func TestDoorbell(t *testing.T) {
	const station = tcpip.LinkAddress("\x52\x54\x00\x00\x00\x02")
	const senders, each = 4, 300
	gso := stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, CsumOffset: header.TCPChecksumOffset, MSS: 1448, L3HdrLen: header.IPv4MinimumSize}
	head := make([]byte, header.IPv4MinimumSize+header.TCPMinimumSize)
	b := newBench(t, sums|hostTSO|virtio.FeatureEventIdx, config{TxSize: 16})

	inside := make(chan bool)
	b.fake.OnNotify = func(int) {
		b.fake.OnNotify = func(int) {}
		go func() { inside <- b.ep.WriteFlow(station, head, nil, &gso) }()
		select {
		case ok := <-inside:
			if !ok {
				t.Error("not sent while the doorbell is rung")
			}
		case <-time.After(10 * time.Second):
			t.Error("who sends waits for the doorbell")
		}
	}
	b.fake.Queue(1).EnableKick()
	b.ep.WriteFlow(station, head, nil, &gso)
	if n := b.fake.Sent(16, func([]byte) {}); n != 2 {
		t.Fatalf("%d frames are sent", n)
	}

	rung, all := make(chan bool, 1), make(chan bool)
	b.fake.OnNotify = func(int) {
		runtime.Gosched() // others send
		select {
		case rung <- true:
		default:
		}
	}
	b.fake.Queue(1).EnableKick()
	go func() {
		for got := 0; got < senders*each; {
			got += b.fake.Sent(16, func([]byte) {})
			if !b.fake.Queue(1).EnableKick() && got < senders*each {
				<-rung
			}
		}
		close(all)
	}()
	for range senders {
		go func() {
			for sent := 0; sent < each; runtime.Gosched() {
				if b.ep.WriteFlow(station, head, nil, &gso) {
					sent++
				}
			}
		}()
	}
	select {
	case <-all:
	case <-time.After(20 * time.Second):
		t.Error("packets stay in the ring, and nobody rings")
	}
}

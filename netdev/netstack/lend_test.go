package netstack_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/netdev/netstack"
)

// A lending is a bench that sends large segments.
type lending struct {
	*bench
	t      *testing.T
	random *rand.ChaCha8
	gso    stack.GSO
}

func newLending(t *testing.T) *lending {
	return &lending{
		bench: newBench(t, sums|hostTSO, config{TxSize: 256}), t: t, random: rand.NewChaCha8([32]byte{}),
		gso: stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, CsumOffset: header.TCPChecksumOffset, MSS: 1448, L3HdrLen: header.IPv4MinimumSize},
	}
}

// segment makes the data of one, of views of some lengths.
func (l *lending) segment(views ...int) *stack.PacketBuffer {
	var b buffer.Buffer
	for _, n := range views {
		data := make([]byte, n)
		l.random.Read(data)
		b.Append(buffer.NewViewWithData(data))
	}
	return stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: 100, Payload: b})
}

// send sends a segment, by the short way or the long one, and forgets it. It returns what
// was in it.
func (l *lending) send(pkt *stack.PacketBuffer, long bool) []byte {
	l.t.Helper()
	data := pkt.Data().AsRange().ToSlice()
	const station = tcpip.LinkAddress("\x52\x54\x00\x00\x00\x02")
	if !long {
		if !l.ep.WriteFlow(station, make([]byte, header.IPv4MinimumSize+header.TCPMinimumSize), pkt, &l.gso) {
			l.t.Fatal("not sent")
		}
	} else {
		pkt.TransportHeader().Push(header.TCPMinimumSize)
		pkt.NetworkHeader().Push(header.IPv4MinimumSize)
		pkt.NetworkProtocolNumber, pkt.EgressRoute.RemoteLinkAddress, pkt.GSOOptions = header.IPv4ProtocolNumber, station, l.gso
		l.ep.AddHeader(pkt)
		if err := l.ep.WritePacket(pkt); err != nil {
			l.t.Fatal(err)
		}
	}
	pkt.DecRef()
	return data
}

// read has the device read everything and expects that.
func (l *lending) read(want [][]byte) {
	l.t.Helper()
	n := 0
	l.fake.Sent(256, func(f []byte) {
		const head = 12 + header.EthernetMinimumSize + header.IPv4MinimumSize + header.TCPMinimumSize
		if n == len(want) || len(f) < head || !bytes.Equal(f[head:], want[n]) {
			l.t.Errorf("frame %d, of %d bytes, is not what was sent", n, len(f))
		}
		n++
	})
	if n != len(want) {
		l.t.Errorf("%d frames, and not %d", n, len(want))
	}
}

// TestLent: what a large segment has in long views is read where it lies, by either way,
// and stays as it was until then, though the stack has forgotten it.
func TestLent(t *testing.T) {
	l := newLending(t)
	for _, long := range []bool{false, true} {
		for _, views := range [][]int{
			{netstack.LendFrom}, {60000}, {4096, 61000}, {100, 5000, 50, 60, 20000, 1}, {30000, 30000},
		} {
			before := l.mem.Located()
			want := l.send(l.segment(views...), long)
			if l.mem.Located() == before || l.ep.Lent() == 0 {
				t.Errorf("views of %d are copied", views)
			}
			for range 20 { // what was forgotten would be written over
				l.segment(65536, 32768, 8192).DecRef()
			}
			l.read([][]byte{want})
		}
	}
	before := l.mem.Located()
	for _, views := range [][]int{{}, {1448}, {netstack.LendFrom - 1}} {
		l.read([][]byte{l.send(l.segment(views...), false)})
	}
	if l.mem.Located() != before {
		t.Error("a short segment is lent")
	}
}

// TestGivenBack: what is lent is taken back when something is received, and there is a
// bound to it.
func TestGivenBack(t *testing.T) {
	l := newLending(t)
	l.send(l.segment(60000), false)
	l.fake.Sent(256, func([]byte) {})
	c := l.listen(t)
	l.fake.Deliver(datagram("acknowledged"))
	l.fake.Flush()
	expect(t, c, "acknowledged")
	for end := time.Now().Add(10 * time.Second); l.ep.Lent() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := l.ep.Lent(); n != 0 {
		t.Errorf("%d bytes are lent that the device has read", n)
	}
	var want [][]byte
	for range 20 {
		want = append(want, l.send(l.segment(60000), false))
	}
	if n := l.ep.Lent(); n < netstack.MostLent || n > netstack.MostLent+1<<17 {
		t.Errorf("%d bytes are lent", n)
	}
	l.read(want)
	before := l.mem.Located()
	l.read([][]byte{l.send(l.segment(60000), false)})
	if l.mem.Located() == before {
		t.Error("nothing is lent after the bound was reached")
	}
}

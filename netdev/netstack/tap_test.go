package netstack_test

import (
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
)

// TestTap: each frame is seen as it comes, whomever it is for, and as it is sent; a sender
// knows its own.
func TestTap(t *testing.T) {
	b := newBench(t, sums|virtio.FeatureEventIdx, config{})
	c := b.listen(t)
	type sight struct {
		data string
		kind tcpip.PacketType
		from any
	}
	var mu sync.Mutex
	var seen []sight
	b.ep.SetTap(func(frame []byte, kind tcpip.PacketType, from any) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, sight{string(frame[14:]), kind, from})
	})
	foreign := datagram("foreign")
	foreign[virtiotest.NetHeader+5] = 77
	group := datagram("group")
	copy(group[virtiotest.NetHeader:], "\xff\xff\xff\xff\xff\xff")
	for _, f := range [][]byte{foreign, group, datagram("mine")} {
		b.fake.Deliver(f)
	}
	b.fake.Flush()
	expect(t, c, "group")
	expect(t, c, "mine")
	long := make([]byte, 1514)
	long[1513] = 9
	me := new(int)
	if !b.ep.SendFrame(long, me) || b.ep.SendFrame(make([]byte, 1515), me) {
		t.Error("a frame of the longest length is not sent, or a longer one is")
	}
	mu.Lock()
	if len(seen) != 4 || seen[0].kind != tcpip.PacketOtherHost || seen[1].kind != tcpip.PacketBroadcast || seen[2].kind != tcpip.PacketHost ||
		seen[2].data[28:] != "mine" || seen[3].kind != tcpip.PacketOutgoing || seen[3].from != any(me) || len(seen[3].data) != 1500 {
		t.Errorf("seen %q", seen)
	}
	mu.Unlock()
	var sent []string
	for deadline := time.Now().Add(10 * time.Second); len(sent) == 0 && time.Now().Before(deadline); {
		b.fake.Sent(10, func(p []byte) { sent = append(sent, string(p[virtiotest.NetHeader:])) })
	}
	if len(sent) != 1 || sent[0] != string(long) {
		t.Errorf("sent %d frames", len(sent))
	}
	b.ep.SetTap(nil)
	b.fake.Deliver(datagram("unseen"))
	b.fake.Flush()
	expect(t, c, "unseen")
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 4 {
		t.Error("seen without a tap")
	}
}

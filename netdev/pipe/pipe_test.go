package pipe_test

import (
	"errors"
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

// frame makes a chain of two parts that spell n.
func frame(t *testing.T, p *netbuf.Pool, n byte) *netbuf.Buf {
	t.Helper()
	a, b := p.Get(), p.Get()
	if a == nil || b == nil {
		t.Fatal("no buffers")
	}
	copy(a.Append(14), "head..........")
	b.Append(1)[0] = n
	a.SetNext(b)
	return a
}

// Frames arrive in order and whole; a full receiver stops the sender, who keeps
// the rest; nothing is lost on the way.
func TestPipe(t *testing.T) {
	fired := 0
	a, b := pipe.New(nil, func() { fired++ })
	for _, d := range []netdev.Device{a, b} {
		if err := netdev.Open(d, netdev.Config{RxSize: 4}); err != nil {
			t.Fatal(err)
		}
	}
	pool, err := netbuf.NewPool(netbuf.Heap, 16, 256, 64)
	if err != nil {
		t.Fatal(err)
	}
	if b.EnableInterrupt(0) {
		t.Error("frames before any was sent")
	}
	var out []*netbuf.Buf
	for i := range 6 {
		out = append(out, frame(t, pool, byte(i)))
	}
	var in [8]*netbuf.Buf
	for got, round := 0, 0; got < 6; round++ {
		out = out[a.TxBurst(0, out):]
		if round == 0 && (len(out) != 2 || fired != 1 || !b.EnableInterrupt(0)) {
			t.Fatalf("%d left, %d interrupts", len(out), fired)
		}
		for _, f := range in[:b.RxBurst(0, in[:])] {
			if f.Len() != 15 || f.Bytes()[14] != byte(got) {
				t.Fatalf("frame %d: % x", got, f.Bytes())
			}
			f.Free()
			got++
		}
	}
	if pool.Available() != 16 || a.Stats().TxPackets != 6 || b.Stats().RxPackets != 6 || a.Stats().TxFull != 1 {
		t.Errorf("%d buffers, %+v, %+v", pool.Available(), a.Stats(), b.Stats())
	}
	if b.Close() != nil || a.Link() != netdev.LinkDown || b.RxBurst(0, in[:]) != 0 {
		t.Error("closed end still works")
	}
	if err := a.Restart(); !errors.Is(err, netdev.ErrState) {
		t.Error(err)
	}
}

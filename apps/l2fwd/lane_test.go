package main

import (
	"bytes"
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

// network is a forwarder between two cables, with a station at each far end.
type network struct {
	near, far *netdev.Device
	lanes     []*lane
	pool      *netbuf.Pool
}

func newNetwork(tb testing.TB, o options) *network {
	tb.Helper()
	open := func(drv netdev.Driver) *netdev.Device {
		d := netdev.New(drv)
		if err := d.Open(netdev.Config{}, netdev.RxConfig{Size: 8}, netdev.TxConfig{}); err != nil {
			tb.Fatal(err)
		}
		if err := d.SetPromiscuous(true); err != nil {
			tb.Fatal(err)
		}
		return d
	}
	a, p0 := pipe.New()
	p1, b := pipe.New()
	pool, err := netbuf.NewPool(netbuf.Heap, 64, 256, netbuf.DefaultHeadroom)
	if err != nil {
		tb.Fatal(err)
	}
	return &network{open(a), open(b), connect([]*netdev.Device{open(p0), open(p1)}, o), pool}
}

// frame is what station n sends.
func frame(n byte) []byte {
	return append([]byte("\x02DDDDD\x02SSSSS\x08\x00"), bytes.Repeat([]byte{n}, 46)...)
}

// Frames cross both ways, in order, with their addresses exchanged or as they
// were.
func TestForward(t *testing.T) {
	for _, swap := range []bool{true, false} {
		n := newNetwork(t, options{burst: 4, queues: 1, swap: swap})
		if len(n.lanes) != 2 {
			t.Fatalf("%d lanes", len(n.lanes))
		}
		for round, way := range []struct {
			from, to *netdev.Device
			lane     *lane
		}{{n.near, n.far, n.lanes[0]}, {n.far, n.near, n.lanes[1]}} {
			for i := range 6 {
				b := n.pool.Get()
				copy(b.Append(60), frame(byte(i)))
				if s := way.from.TxOne(0, b); s&netdev.Success == 0 {
					t.Fatal(s)
				}
			}
			for got := range 6 {
				way.lane.turn()
				b, _ := way.to.RxOne(0)
				if b == nil {
					t.Fatalf("way %d: frame %d lost", round, got)
				}
				want := frame(byte(got))
				if swap {
					copy(want, "\x02SSSSS\x02DDDDD")
				}
				if !bytes.Equal(b.Bytes(), want) {
					t.Fatalf("way %d, frame %d: % x", round, got, b.Bytes())
				}
				b.Free()
			}
			if f, d := way.lane.forwarded.Load(), way.lane.dropped.Load(); f != 6 || d != 0 {
				t.Errorf("%d forwarded, %d dropped", f, d)
			}
		}
	}
}

// What the other port does not take is dropped and counted, and its buffers come
// back: afterwards frames pass again.
func TestForwardIntoFullPort(t *testing.T) {
	n := newNetwork(t, options{burst: 4, queues: 1})
	l := n.lanes[0]
	send := func() bool {
		b := n.pool.Get()
		copy(b.Append(60), frame(1))
		s := n.near.TxOne(0, b)
		if s&netdev.Success == 0 {
			b.Free()
		}
		return s&netdev.Success != 0
	}
	for range 40 {
		send()
		l.turn()
	}
	if f, d := l.forwarded.Load(), l.dropped.Load(); f != 8 || d != 32 {
		t.Errorf("%d forwarded to a queue of 8, %d dropped", f, d)
	}
	for range 8 {
		b, _ := n.far.RxOne(0)
		if b == nil {
			t.Fatal("frames lost")
		}
		b.Free()
	}
	if !send() {
		t.Fatal("the forwarder kept its buffers")
	}
	l.turn()
	if b, _ := n.far.RxOne(0); b == nil {
		t.Error("nothing passes any more")
	}
}

// A lane ends when its device does.
func TestForwardStops(t *testing.T) {
	n := newNetwork(t, options{burst: 4, queues: 1})
	if err := n.lanes[0].from.Close(); err != nil {
		t.Fatal(err)
	}
	n.lanes[0].run()
}

// With one port frames go back where they came from.
func TestOnePort(t *testing.T) {
	d := netdev.New(pipe.Loopback())
	lanes := connect([]*netdev.Device{d}, options{burst: 1, queues: 2})
	if len(lanes) != 2 || lanes[0].from != d || lanes[0].to != d || lanes[1].queue != 1 {
		t.Errorf("%+v", lanes)
	}
}

func TestSwap(t *testing.T) {
	short := []byte("too short")
	swap(short)
	if string(short) != "too short" {
		t.Errorf("%q", short)
	}
}

// Forwarding allocates nothing.
func TestForwardAllocates(t *testing.T) {
	n := newNetwork(t, options{burst: 4, queues: 1, swap: true})
	if got := testing.AllocsPerRun(100, func() {
		b := n.pool.Get()
		b.Append(60)
		n.near.TxOne(0, b)
		n.lanes[0].turn()
		in, _ := n.far.RxOne(0)
		in.Free()
	}); got != 0 {
		t.Errorf("%v allocations a frame", got)
	}
}

package net_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev/netbuf"
)

const (
	ringSize = 256
	packet   = 60
)

// loop is a driver, its device and transmit buffers, on one goroutine: the driver
// works through a ring's worth of packets in bursts, which is timed, then the
// device does its part, which is not.
type loop struct {
	dev   *port
	fake  *virtiotest.Net
	pool  *netbuf.Pool
	frame []byte
	bufs  []*netbuf.Buf
	turns []float64 // nanoseconds a packet of each turn
}

func newLoop(tb testing.TB, features virtio.Feature, burst int) *loop {
	mem := virtiotest.NewMemory(8 << 20)
	fake := virtiotest.NewNet(mem, 1, features)
	dev, err := newPort(fake, mem)
	if err == nil {
		err = dev.open(config{RxSize: ringSize, TxSize: ringSize})
	}
	if err != nil {
		tb.Fatal(err)
	}
	pool, err := netbuf.NewPool(mem, 2*ringSize, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		tb.Fatal(err)
	}
	// The device wants no notifications and no interrupts: both sides poll.
	fake.Queue(0).DisableKick()
	fake.Queue(1).DisableKick()
	return &loop{dev: dev, fake: fake, pool: pool, frame: frame(packet), bufs: make([]*netbuf.Buf, burst)}
}

// deliver lets the device fill the receive ring with up to n frames.
func (l *loop) deliver(n int) int {
	sent := 0
	for sent < n && l.fake.Deliver(l.frame) {
		sent++
	}
	l.fake.Flush()
	return sent
}

// drain lets the device take all that was sent.
func (l *loop) drain() { l.fake.Sent(2*ringSize, func([]byte) {}) }

// timed runs f, which handles n packets, and notes its time.
func (l *loop) timed(n int, f func()) {
	start := time.Now()
	f()
	if spent := time.Since(start); len(l.turns) < cap(l.turns) {
		l.turns = append(l.turns, float64(spent)/float64(n))
	}
}

// span is how many packets go between two turns of the device: as many whole
// bursts as the driver's lazy refill and reclaim leave room for.
func (l *loop) span() int { return ringSize / 2 / len(l.bufs) * len(l.bufs) }

// send takes empty buffers from a pool, makes packets of them and sends them; the
// driver frees those that the device has read.
func (l *loop) send() int {
	l.timed(l.span(), func() {
		for range l.span() / len(l.bufs) {
			l.pool.GetBurst(l.bufs)
			for _, b := range l.bufs {
				b.Append(packet)
			}
			if l.dev.TxBurst(0, l.bufs) != len(l.bufs) {
				panic("queue full")
			}
		}
	})
	l.drain()
	return l.span()
}

// receive takes packets and frees them; the driver posts fresh buffers.
func (l *loop) receive() int {
	n := l.deliver(l.span()) / len(l.bufs) * len(l.bufs)
	l.timed(n, func() {
		for range n / len(l.bufs) {
			if l.dev.RxBurst(0, l.bufs) != len(l.bufs) {
				panic("frames lost")
			}
			netbuf.FreeBurst(l.bufs)
		}
	})
	return n
}

// forward takes packets and sends them on.
func (l *loop) forward() int {
	n := l.deliver(l.span()) / len(l.bufs) * len(l.bufs)
	l.timed(n, func() {
		for range n / len(l.bufs) {
			if l.dev.RxBurst(0, l.bufs) != len(l.bufs) {
				panic("frames lost")
			}
			if l.dev.TxBurst(0, l.bufs) != len(l.bufs) {
				panic("queue full")
			}
		}
	})
	l.drain()
	return n
}

var paths = []struct {
	name string
	f    func(l *loop) int
}{{"send", (*loop).send}, {"receive", (*loop).receive}, {"forward", (*loop).forward}}

// TestNoAllocations: the packet path allocates nothing, sending, receiving or
// forwarding.
func TestNoAllocations(t *testing.T) {
	for name, features := range benchFeatures {
		for _, p := range paths {
			l := newLoop(t, features, 32)
			p.f(l)
			if n := testing.AllocsPerRun(100, func() { p.f(l) }); n != 0 {
				t.Errorf("%s, %s: %v allocations for %d packets", name, p.name, n, l.span())
			}
		}
	}
}

var benchFeatures = map[string]virtio.Feature{
	"split":  virtio.FeatureEventIdx | mrgRxbuf,
	"packed": virtio.FeatureEventIdx | virtio.FeatureRingPacked | mrgRxbuf,
}

// BenchmarkPath gives the driver's time alone for a packet of 60 bytes, pool
// included, the device's excluded, two readings of the clock for 128 packets
// included. ns/pkt is the median of all turns, so that a turn in which the machine
// did something else does not count; min-ns is the fastest turn.
func BenchmarkPath(b *testing.B) {
	for _, ring := range []string{"split", "packed"} {
		for _, p := range paths {
			for _, burst := range []int{1, 8, 32, 64} {
				b.Run(fmt.Sprintf("%s/%s/burst=%d", ring, p.name, burst), func(b *testing.B) {
					l := newLoop(b, benchFeatures[ring], burst)
					for range 100 {
						p.f(l)
					}
					l.turns = make([]float64, 0, b.N/l.span()+1)
					for done := 0; done < b.N; {
						done += p.f(l)
					}
					slices.Sort(l.turns)
					b.ReportMetric(l.turns[len(l.turns)/2], "ns/pkt")
					b.ReportMetric(l.turns[0], "min-ns")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

package net_test

import (
	"fmt"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
)

// loop is a driver, its device and transmit buffers, for measuring the two sides
// together on one goroutine.
type loop struct {
	dev   *virtionet.Device
	fake  *virtiotest.Net
	pool  *netdev.Pool
	frame []byte
	bufs  []*netdev.Buffer
}

func newLoop(tb testing.TB, burst int) *loop {
	mem := virtiotest.NewMemory(8 << 20)
	fake := virtiotest.NewNet(mem, 1, virtio.FeatureEventIdx|mrgRxbuf)
	dev, err := virtionet.New(fake, mem)
	if err == nil {
		err = netdev.Open(dev, netdev.Config{RxSize: 256, TxSize: 256})
	}
	if err != nil {
		tb.Fatal(err)
	}
	pool, err := netdev.NewPool(mem, 512, netdev.DefaultBufferSize, netdev.DefaultHeadroom)
	if err != nil {
		tb.Fatal(err)
	}
	return &loop{dev, fake, pool, frame(60), make([]*netdev.Buffer, burst)}
}

// send takes buffers from the pool, sends them, and lets the device read them.
func (l *loop) send() {
	for i := range l.bufs {
		b := l.pool.Get()
		b.Append(60)
		l.bufs[i] = b
	}
	if l.dev.TxBurst(0, l.bufs) != len(l.bufs) {
		panic("queue full")
	}
	l.fake.Sent(1000, func([]byte) {})
}

// receive lets the device deliver frames and takes them.
func (l *loop) receive() {
	for range l.bufs {
		if !l.fake.Deliver(l.frame) {
			panic("no buffers")
		}
	}
	l.fake.Flush()
	if l.dev.RxBurst(0, l.bufs) != len(l.bufs) {
		panic("frames lost")
	}
}

// TestNoAllocations: the packet path allocates nothing, sending, receiving or
// forwarding.
func TestNoAllocations(t *testing.T) {
	l := newLoop(t, 32)
	for name, f := range map[string]func(){
		"send":    l.send,
		"receive": func() { l.receive(); netdev.FreeBurst(l.bufs) },
		"forward": func() { l.receive(); l.dev.TxBurst(0, l.bufs); l.fake.Sent(1000, func([]byte) {}) },
	} {
		f()
		if n := testing.AllocsPerRun(200, f); n != 0 {
			t.Errorf("%s: %v allocations for a burst of 32", name, n)
		}
	}
}

// The figures include the device's side of the ring.
func BenchmarkPath(b *testing.B) {
	for _, burst := range []int{1, 8, 32, 64} {
		for _, c := range []struct {
			name string
			f    func(l *loop)
		}{
			{"send", (*loop).send},
			{"receive", func(l *loop) { l.receive(); netdev.FreeBurst(l.bufs) }},
			{"forward", func(l *loop) { l.receive(); l.dev.TxBurst(0, l.bufs); l.fake.Sent(1000, func([]byte) {}) }},
		} {
			b.Run(fmt.Sprintf("%s/burst=%d", c.name, burst), func(b *testing.B) {
				l := newLoop(b, burst)
				b.ReportAllocs()
				for n := 0; n < b.N; n += burst {
					c.f(l)
				}
			})
		}
	}
}

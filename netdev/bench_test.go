package netdev_test

import (
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

// BenchmarkBurst is what Device costs on top of a driver that does nothing: for
// each burst, whatever its size.
func BenchmarkBurst(b *testing.B) {
	f := newFake()
	d := netdev.New(f)
	if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		b.Fatal(err)
	}
	bufs := make([]*netbuf.Buf, 32)
	b.ReportAllocs()
	for b.Loop() {
		d.TxBurst(0, bufs)
	}
}

// BenchmarkLoopback is a packet of 60 bytes from pool to pool: sent, copied and
// received in bursts of 32.
func BenchmarkLoopback(b *testing.B) {
	d := netdev.New(pipe.Loopback())
	if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		b.Fatal(err)
	}
	pool, err := netbuf.NewPool(netbuf.Heap, 64, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		b.Fatal(err)
	}
	var bufs [32]*netbuf.Buf
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(bufs) {
		pool.GetBurst(bufs[:])
		for _, p := range bufs {
			p.Append(60)
		}
		d.TxBurst(0, bufs[:])
		got, _ := d.RxBurst(0, bufs[:])
		netbuf.FreeBurst(bufs[:got])
	}
}

package socket

import (
	"runtime"
	"syscall"
	"testing"
)

// Ping-pong over loopback: the allocations of one write and one read beside
// those of the stack underneath. TestNoAllocation separates the two.
func BenchmarkStream(b *testing.B) {
	s := newStack(b)
	x, y := pair(b, s)
	for _, size := range []struct {
		name string
		n    int
	}{{"64B", 64}, {"16KiB", 16 << 10}, {"64KiB", 64 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			out, in := make([]byte, size.n), make([]byte, size.n)
			b.SetBytes(int64(size.n))
			b.ReportAllocs()
			for b.Loop() {
				transfer(b, x, y, out, in)
			}
		})
	}
}

// transfer moves out from x to in at y.
func transfer(t testing.TB, x, y sock, out, in []byte) {
	for sent, got := 0, 0; got < len(in); {
		if sent < len(out) {
			n, e := x.Write(out[sent:])
			if e != 0 && e != syscall.EAGAIN {
				t.Fatal(e)
			}
			sent += n
		}
		n, e := y.Read(in[got:])
		if e != 0 && e != syscall.EAGAIN {
			t.Fatal(e)
		}
		if got += n; n == 0 {
			runtime.Gosched() // let the stack deliver
		}
	}
}

func BenchmarkDatagram(b *testing.B) {
	s := newStack(b)
	x, _ := udp4(b, s)
	y, ya := udp4(b, s)
	x.dial(ya)
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		transfer(b, x, y, p, p)
	}
}

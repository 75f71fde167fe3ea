package main

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"yolk/apps/wire"
	"yolk/netdev/netbuf"
)

// args parses options for a test.
func args(t testing.TB, list ...string) *options {
	t.Helper()
	o, err := parse(list, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func sourceFor(t testing.TB, o *options) source {
	t.Helper()
	s, err := newSource(o, o.flows(), netbuf.Heap)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSources: in every mode, at every kind of size, the frames are in order, of
// all flows, and their buffers come back.
func TestSources(t *testing.T) {
	for _, how := range [][]string{
		{"-mode", "generate"}, {"-mode", "generate", "-alloc", "heap"}, {"-mode", "copy"}, {"-mode", "copy", "-alloc", "heap"},
		{"-mode", "reuse"}, {"-mode", "zerocopy"},
	} {
		for _, size := range []int{60, 61, 128, 1514, 1518} {
			t.Run(fmt.Sprint(how[1:], size), func(t *testing.T) {
				o := args(t, append(how, "-size", fmt.Sprint(size), "-burst", "7", "-buffers", "12",
					"-src", "10.0.0.254-10.0.1.0", "-sport", "9-10", "-dport", "65535", "-srcmac", "2:0:0:0:0:1")...)
				s := sourceFor(t, o)
				seen := map[wire.UDP]int{}
				bufs := make([]*netbuf.Buf, o.burst)
				for range 12 {
					// Also after more frames than there are buffers.
					if n := s.fill(bufs); n != len(bufs) {
						t.Fatalf("%d buffers of %d", n, len(bufs))
					}
					for _, b := range bufs {
						h, payload, fault := wire.Parse(b.Bytes())
						if fault != wire.Fine || b.Len() != size || len(payload) != size-wire.Headers {
							t.Fatalf("%v, %d bytes, payload %d", fault, b.Len(), len(payload))
						}
						if n, ok := number(payload); n != 0 || !ok {
							t.Fatalf("number %d, %v", n, ok)
						}
						seen[h]++
					}
					netbuf.FreeBurst(bufs)
				}
				if len(seen) != 6 {
					t.Errorf("%d flows: %v", len(seen), seen)
				}
				for h := range seen {
					if h.Src < 0x0a0000fe || h.Src > 0x0a000100 || h.SrcPort < 9 || h.SrcPort > 10 || h.DstPort != 65535 || h.DstMAC != wire.Broadcast || h.SrcMAC[5] != 1 {
						t.Errorf("%+v", h)
					}
				}
			})
		}
	}
}

// TestPayload: at every size the bytes are those that payload.go draws, and the sum
// returned is theirs.
func TestPayload(t *testing.T) {
	for size := wire.MinFrame; size <= wire.MaxFrame; size++ {
		frame := bytes.Repeat([]byte{0xee}, size+1)
		sum := putPayload(frame[:size], 0x0102_0304_0506_0708)
		payload := frame[wire.Headers:size]
		want := append([]byte("yolk"), 1, 2, 3, 4, 5, 6, 7, 8)
		for len(want) < len(payload) {
			want = append(want, byte(len(want)))
		}
		if !bytes.Equal(payload, want) || netbuf.Fold(sum) != netbuf.Fold(netbuf.Sum(0, payload)) {
			t.Fatalf("%d bytes: sum %#x of % x", size, sum, payload)
		}
		if frame[0] != 0xee || frame[wire.Headers-1] != 0xee || frame[size] != 0xee {
			t.Fatalf("%d bytes: something was written outside of the payload", size)
		}
	}
}

// TestNumbers: numbered frames count up from 1, with right checksums, also when
// a buffer has had a number before.
func TestNumbers(t *testing.T) {
	for _, mode := range []string{"generate", "copy", "reuse"} {
		s := sourceFor(t, args(t, "-mode", mode, "-number", "-buffers", "5", "-burst", "5"))
		bufs := make([]*netbuf.Buf, 5)
		for want := uint64(1); want < 200_000; {
			for _, b := range bufs[:s.fill(bufs)] {
				_, payload, fault := wire.Parse(b.Bytes())
				if n, ok := number(payload); fault != wire.Fine || !ok || n != want {
					t.Fatalf("%s: %v, number %d, want %d", mode, fault, n, want)
				}
				want++
			}
			netbuf.FreeBurst(bufs)
		}
	}
}

func FuzzSetNumber(f *testing.F) {
	f.Add(uint64(1), uint64(0xffff_ffff_ffff_ffff), uint16(5001))
	f.Fuzz(func(t *testing.T, a, b uint64, port uint16) {
		o := args(t, "-sport", fmt.Sprint(port))
		frame := make([]byte, 60)
		o.flows().build(0, 0, frame)
		for _, n := range []uint64{a, b, 0} {
			setNumber(frame, n)
			_, payload, fault := wire.Parse(frame)
			if got, ok := number(payload); fault != wire.Fine || got != n || !ok {
				t.Fatalf("%v, number %d, want %d", fault, got, n)
			}
		}
	})
}

func TestNumberOfOthers(t *testing.T) {
	for _, p := range []string{"", "yolk", "yolkyolkyol", "YOLKyolkyolk"} {
		if n, ok := number([]byte(p)); ok {
			t.Errorf("%q: %d", p, n)
		}
	}
}

// counted is memory that knows how much of it is out.
type counted struct {
	netbuf.Memory
	out int
}

func (m *counted) Alloc(n, align int) ([]byte, uint64, error) {
	m.out++
	return m.Memory.Alloc(n, align)
}

func (m *counted) Free(b []byte, addr uint64) {
	m.out--
	m.Memory.Free(b, addr)
}

// TestHeap: a buffer from the heap goes back there.
func TestHeap(t *testing.T) {
	m := &counted{Memory: netbuf.Heap}
	bufs := make([]*netbuf.Buf, 5)
	if n := (heap{m}).GetBurst(bufs); n != 5 || m.out != 5 {
		t.Errorf("%d buffers, %d out", n, m.out)
	}
	if netbuf.FreeBurst(bufs); m.out != 0 {
		t.Errorf("%d buffers are missing", m.out)
	}
	scarce, err := netbuf.NewRegion(netbuf.Heap, 2*netbuf.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	if n := (heap{scarce}).GetBurst(bufs); n != 2 {
		t.Errorf("%d buffers from memory for 2", n)
	}
}

// TestReuseNeedsBuffers: a flow has no frame without a buffer.
func TestReuseNeedsBuffers(t *testing.T) {
	o := args(t, "-mode", "reuse", "-buffers", "64", "-sport", "1-65")
	if _, err := newSource(o, o.flows(), netbuf.Heap); err == nil {
		t.Error("65 flows in 64 buffers")
	}
}

// isolated is the loop of -isolate over a source.
func isolated(t testing.TB, list ...string) *loop {
	o := args(t, append(list, "-isolate")...)
	return &loop{meter: newMeter(o, "sent"), from: sourceFor(t, o), to: free, size: o.size, bufs: make([]*netbuf.Buf, o.burst)}
}

// TestNoAllocations: but for -alloc heap, whose point it is, the loops do not
// allocate.
func TestNoAllocations(t *testing.T) {
	for _, mode := range modes {
		l := isolated(t, "-mode", mode, "-sport", "1-4")
		l.meter.limit = 1 << 10
		if n := testing.AllocsPerRun(10, func() {
			l.meter.packets = 0
			if err := l.run(); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations in 1024 packets", mode, n)
		}
	}
}

// BenchmarkIsolated is what a packet costs without its device, step by step.
func BenchmarkIsolated(b *testing.B) {
	for _, size := range []string{"60", "1514"} {
		for _, mode := range [][]string{
			{"-mode", "generate", "-alloc", "heap"}, {"-mode", "copy", "-alloc", "heap"},
			{"-mode", "generate"}, {"-mode", "copy"}, {"-mode", "reuse"}, {"-mode", "zerocopy"},
		} {
			b.Run(fmt.Sprint(mode[1:], size), func(b *testing.B) {
				l := isolated(b, append(mode, "-size", size)...)
				b.ReportAllocs()
				l.meter.limit = uint64(b.N)
				if err := l.run(); err != nil {
					b.Error(err)
				}
			})
		}
	}
}

// Cost compares what a stack does for each packet with what does the same work and is
// not changed, or with less work. Exit status 1: it says what takes too long.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/boot/overlay/testdata/wire"
)

var failed bool

func main() {
	times()
	headers()
	views()
	shared()
	if failed {
		os.Exit(1)
	}
}

// expect complains unless f takes at most limit times as long as base, in the best of
// many short rounds of each in turn.
func expect(what string, limit float64, f, base func()) {
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	for range 200 {
		for i, f := range []func(){f, base} {
			start := time.Now()
			for range 500 {
				f()
			}
			best[i] = min(best[i], time.Since(start))
		}
	}
	if ratio := float64(best[0]) / float64(best[1]); ratio > limit {
		fmt.Fprintf(os.Stderr, "%s takes %.1f times as long as it may\n", what, ratio/limit)
		failed = true
	}
}

// times: a sum and a difference are a few instructions, and as near as there is one when
// there is none.
func times() {
	var start, now tcpip.MonotonicTime
	var passed time.Duration
	var sum, n int64
	expect("time of the clock", 8, func() {
		now = now.Add(3)
		passed += now.Sub(start)
	}, func() {
		sum += 3
		n += sum
	})
	last := tcpip.MonotonicTimeInfinite()
	first := start.Add(math.MinInt64)
	if last.Add(1) != last || first.Add(-1) != first || last.Sub(first) != math.MaxInt64 || first.Sub(last) != math.MinInt64 ||
		start.Add(5).Sub(start.Add(7)) != -2 {
		wire.Fail("times beyond the first or last are not these")
	}
}

// headers: one is found in the time that a view of it takes, or less; it took twice that.
func headers() {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(make([]byte, 100))})
	pkt.NetworkHeader().Consume(header.IPv4MinimumSize)
	pkt.TransportHeader().Consume(header.TCPMinimumSize)
	whole := pkt.ToBuffer()
	n := 0
	expect("a header", 1.2, func() { n += len(pkt.TransportHeader().Slice()) }, func() {
		v, _ := whole.PullUp(header.IPv4MinimumSize, header.TCPMinimumSize)
		n += len(v.AsSlice())
	})
}

// views: of memory that will be written one is made without looking at each byte, and
// what is not written is zero all the same.
func views() {
	expect("a view of 64 KiB", 4, func() { buffer.NewView(1 << 16).Release() }, func() { buffer.NewView(64).Release() })
	for range 100 {
		v := buffer.NewView(64)
		v.Write([]byte("what was received before"))
		v.Release()
		if v = buffer.NewViewSize(64); string(v.AsSlice()) != string(make([]byte, 64)) {
			wire.Fail("memory that nobody has written is not zero: %q", v.AsSlice())
		}
		v.Release()
	}
}

// shared: memory that several take and give back is only one's at a time.
func shared() {
	var all sync.WaitGroup
	for id := range byte(8) {
		all.Go(func() {
			var held [20]*buffer.View
			for i := range 20_000 {
				at := i % len(held)
				if v := held[at]; v != nil {
					if b := v.AsSlice(); b[0] != id || b[1] != byte(at) {
						wire.Fail("memory of two at a time")
					}
					v.Release()
				}
				held[at] = buffer.NewView(64)
				held[at].Write([]byte{id, byte(at)})
				if i%7 == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	all.Wait()
}

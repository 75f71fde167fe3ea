package netdevtest

import (
	"runtime"
	"sync/atomic"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// window is how many frames are under way at once each way: fewer than any queue
// between here and there holds.
const window = 32

// testParallel: one goroutine sends, another receives, and neither notices the
// other; nothing is lost, doubled or out of order.
func testParallel(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	if r.loop {
		r.Skip("the device is its own wire")
	}
	const count = 1000                // some turns of a ring
	var onWire, inDevice atomic.Int64 // frames that have arrived, each way
	var wrong atomic.Bool             // received out of order
	done := make(chan struct{}, 2)
	start := time.Now()
	var progress atomic.Int64 // when a frame arrived last, since start: a busy host may be slow
	arrived := func() { progress.Store(int64(time.Since(start))) }
	going := func() bool {
		return !wrong.Load() && time.Since(start)-time.Duration(progress.Load()) < patience
	}
	go func() { // sends
		defer func() { done <- struct{}{} }()
		var bufs [7]*netbuf.Buf
		for sent := 0; sent < count && going(); {
			n := min(len(bufs), count-sent, window-(sent-int(onWire.Load())))
			n = r.pool.GetBurst(bufs[:max(n, 0)])
			for i, b := range bufs[:n] {
				frame(b.Append(60+(sent+i)%900), broadcast, sent+i)
			}
			took, _ := r.dev.TxBurst(0, bufs[:n])
			netbuf.FreeBurst(bufs[took:n])
			if sent += took; took == 0 {
				runtime.Gosched()
			}
		}
		// Go on reclaiming what the wire has not seen.
		for onWire.Load() < count && going() {
			r.dev.TxBurst(0, nil)
			runtime.Gosched()
		}
	}()
	own := r.dev.HardwareAddr()
	go func() { // receives
		defer func() { done <- struct{}{} }()
		var bufs [5]*netbuf.Buf
		for inDevice.Load() < count && going() {
			n, _ := r.dev.RxBurst(0, bufs[:])
			for _, b := range bufs[:n] {
				if p := b.Bytes(); len(p) >= header && string(p[:6]) == string(own[:]) {
					if got := r.number(p, own); int64(got) != inDevice.Load() {
						wrong.Store(true)
					}
					inDevice.Add(1)
					arrived()
				}
			}
			if netbuf.FreeBurst(bufs[:n]); n == 0 {
				runtime.Gosched()
			}
		}
	}()
	f := make([]byte, 1000)
	for offered := 0; (offered < count || onWire.Load() < count || inDevice.Load() < count) && going(); {
		if offered < count && offered-int(inDevice.Load()) < window && r.wire.Send(frame(f[:60+offered%900], own, offered)) {
			offered++
		}
		if p, ok := r.wire.Receive(); ok {
			if n := r.number(p, broadcast); n >= 0 && int64(n) != onWire.Load() {
				r.Fatalf("frame %d on the wire, want %d", n, onWire.Load())
			} else if n >= 0 {
				onWire.Add(1)
				arrived()
			}
		} else {
			runtime.Gosched()
		}
	}
	<-done
	<-done
	if wrong.Load() || onWire.Load() != count || inDevice.Load() != count {
		r.Errorf("%d sent, %d received of %d, out of order: %v; %+v", onWire.Load(), inDevice.Load(), count, wrong.Load(), r.dev.Stats())
	}
	r.home()
}

package netdevtest

import (
	"errors"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// testReceiveSizes: frames of every size arrive as they are, with the headroom
// that was asked for.
func testReceiveSizes(r *rig) {
	const headroom = 100
	r.open(0, netdev.RxConfig{Headroom: headroom}, netdev.TxConfig{})
	for size := 60; size <= r.dev.MTU()+14 && size <= 1514; size++ {
		r.offer(size, size)
		b, n := r.received()
		if n != size || b.PacketLen() != size || b.Headroom() < headroom || b.Shared() || b.Next() != nil {
			r.Fatalf("frame %d, want %d: %d bytes in %d parts, headroom %d", n, size, b.PacketLen(), b.Parts(), b.Headroom())
		}
		if b.Offload != (netbuf.Offload{}) {
			r.Fatalf("frame %d: %+v; no offload was asked for", n, b.Offload)
		}
		b.Free()
	}
}

// testReceiveBursts: frames arrive in order, in bursts of any size, which never
// exceed what was asked for.
func testReceiveBursts(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	in := make([]*netbuf.Buf, 33)
	next := 0
	for _, burst := range []int{1, 2, 7, 32, 33} {
		for range 10 {
			first := next
			for range 32 {
				r.offer(60+next%100, next)
				next++
			}
			for got := first; got < next; {
				r.until("a burst", func() bool {
					n, s := r.dev.RxBurst(0, in[:burst])
					if n < burst && s&netdev.More != 0 || (n > 0) != (s&netdev.Success != 0) {
						r.Fatalf("%d of %d, %v", n, burst, s)
					}
					for _, b := range in[:n] {
						if have := r.number(b.AppendTo(nil), r.dev.HardwareAddr()); have >= 0 {
							if have != got {
								r.Fatalf("frame %d, want %d", have, got)
							}
							got++
						}
						b.Free()
					}
					return n > 0
				})
			}
		}
	}
	if n, s := r.dev.RxBurst(0, nil); n != 0 || s&netdev.Success != 0 {
		r.Errorf("a burst of none: %d, %v", n, s)
	}
}

// testReceiveAlloc: buffers come from the caller's callback, and every one of
// them goes back.
func testReceiveAlloc(r *rig) {
	if err := r.dev.Probe(); err != nil {
		r.Fatal(err)
	}
	const count = 1024
	own, err := netbuf.NewPool(r.dev.Info().Memory, count, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		r.Fatal(err)
	}
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	calls := 0
	mark := "from the callback"
	own.SetPrivate(len(mark))
	r.open(0, netdev.RxConfig{Alloc: func(bufs []*netbuf.Buf) int {
		calls++
		n := own.GetBurst(bufs)
		for _, b := range bufs[:n] {
			copy(b.Private(), mark)
		}
		return n
	}}, netdev.TxConfig{})
	for n := range 50 {
		r.offer(60, n)
		b, got := r.received()
		if got != n || string(b.Private()) != mark {
			r.Fatalf("frame %d in a buffer %q", got, b.Private())
		}
		copy(b.Private(), "used once already")
		b.Free()
	}
	if calls == 0 {
		r.Error("the callback was not called")
	}
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	if n := own.Available(); n != count {
		r.Errorf("%d of %d buffers after Close", n, count)
	}
}

// testUnderrun: while the caller holds every buffer the queue says so; when they
// are freed packets arrive again.
func testUnderrun(r *rig) {
	const count = 16
	r.open(0, netdev.RxConfig{Size: r.atLeast(8), Buffers: count}, netdev.TxConfig{})
	var held []*netbuf.Buf
	var in [4]*netbuf.Buf
	f := frame(make([]byte, 60), r.dev.HardwareAddr(), 0)
	r.until("an underrun", func() bool {
		r.wire.Send(f)
		n, s := r.dev.RxBurst(0, in[:])
		held = append(held, in[:n]...)
		return s&netdev.Underrun != 0 && len(held) == count
	})
	if n, s := r.dev.RxBurst(0, in[:]); n != 0 || s&netdev.Underrun == 0 || r.dev.Stats().RxNoBuffer == 0 {
		r.Errorf("%d packets out of nowhere, %v, %+v", n, s, r.dev.Stats())
	}
	for _, b := range held {
		if r.number(b.AppendTo(nil), r.dev.HardwareAddr()) != 0 {
			r.Error("not our frame")
		}
	}
	netbuf.FreeBurst(held)
	for n := 1; n < 50; n++ {
		// Frames that the wire held back come first.
		r.until("the frame after the underrun", func() bool {
			r.wire.Send(frame(make([]byte, 60), r.dev.HardwareAddr(), n))
			b, s := r.dev.RxOne(0)
			if s&netdev.Success == 0 {
				return false
			}
			defer b.Free()
			return r.number(b.AppendTo(nil), r.dev.HardwareAddr()) == n
		})
	}
}

// atLeast returns a receive queue size near n that the device accepts.
func (r *rig) atLeast(n int) int {
	r.Helper()
	err := errors.Join(r.dev.Probe(), r.dev.Configure(netdev.Config{}))
	q, err2 := r.dev.RxInfo(0)
	if err := errors.Join(err, err2, r.dev.Close()); err != nil {
		r.Fatal(err)
	}
	return min(max(n, q.Min), q.Max)
}

// testOnePacket: the forms for one packet do what bursts do.
func testOnePacket(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	if b, s := r.dev.RxOne(0); b != nil || s&netdev.Success != 0 {
		r.Errorf("a packet out of nowhere: %v", s)
	}
	for n := range 100 {
		if s := r.dev.TxOne(0, r.packet(60, n)); s&netdev.Success == 0 {
			r.Fatalf("packet %d not taken: %v", n, s)
		}
		if got := r.arrived(); got != n {
			r.Fatalf("frame %d, want %d", got, n)
		}
		r.offer(60, n)
		r.expect(n)
	}
	r.home()
}

// testStats: the counters agree with what went over the wire.
func testStats(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	bytes := 0
	for n := range 100 {
		r.sendAll(r.packet(60+n, n))
		bytes += 60 + n
		r.arrived()
	}
	if s := r.dev.Stats(); s.TxPackets != 100 || s.TxBytes != uint64(bytes) || s.TxErrors != 0 {
		r.Errorf("100 packets and %d bytes sent: %+v", bytes, s)
	}
	before := r.dev.Stats()
	for n := range 100 {
		r.offer(60+n, n)
		r.expect(n)
	}
	s := r.dev.Stats()
	if p, b := s.RxPackets-before.RxPackets, s.RxBytes-before.RxBytes; p != 100 || b != uint64(bytes) || s.RxErrors != 0 {
		r.Errorf("100 packets and %d bytes received: counted %d and %d; %+v", bytes, p, b, s)
	}
}

// testCloseInFlight: Close brings back what was never sent and what was never
// received.
func testCloseInFlight(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	var out []*netbuf.Buf
	for n := range 64 {
		out = append(out, r.packet(60, n))
		r.offer(60, n)
	}
	n, _ := r.dev.TxBurst(0, out)
	netbuf.FreeBurst(out[n:])
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	if r.pool.Available() != poolSize {
		r.Errorf("%d of %d buffers", r.pool.Available(), poolSize)
	}
}

// testMTU: within its bounds the MTU can be changed, and longer packets are then
// refused.
func testMTU(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	r.need(netdev.MTUChange)
	i := r.dev.Info()
	r.want("MTU below", r.dev.SetMTU(i.MinMTU-1), netdev.ErrConfig)
	r.want("MTU above", r.dev.SetMTU(i.MaxMTU+1), netdev.ErrConfig)
	if err := r.dev.SetMTU(1000); err != nil || r.dev.MTU() != 1000 {
		r.Fatal(err, r.dev.MTU())
	}
	r.sendAll(r.packet(1014, 1))
	if got := r.arrived(); got != 1 {
		r.Errorf("frame %d", got)
	}
	r.sendAll(r.packet(1019, 2)) // a VLAN tag more would have fitted
	if s := r.dev.Stats(); s.TxErrors != 1 {
		r.Errorf("a packet beyond the MTU: %+v", s)
	}
	if err := r.dev.SetMTU(i.MTU); err != nil {
		r.Error(err)
	}
	r.home()
}

package netdevtest

import (
	"encoding/binary"
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// sendAll sends packets however long it takes.
func (r *rig) sendAll(bufs ...*netbuf.Buf) {
	r.Helper()
	r.until("room to send", func() bool {
		n, _ := r.dev.TxBurst(0, bufs)
		bufs = bufs[n:]
		return len(bufs) == 0
	})
}

// testSendSizes: frames of every size go out as they are, whether the buffer has
// headroom or not.
func testSendSizes(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	for size := 60; size <= r.dev.MTU()+14 && size <= 1514; size++ {
		b := r.packet(size, size)
		if size%3 == 0 {
			b.Reset(0)
			frame(b.Append(size), broadcast, size)
		}
		r.sendAll(b)
		if got := r.arrived(); got != size {
			r.Fatalf("frame %d, want %d", got, size)
		}
	}
	r.home()
}

// testSendBursts: bursts of every size go out in order; what a full queue does
// not take stays the caller's, and nothing is lost or doubled.
func testSendBursts(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	next, seen := 0, 0
	for burst := 1; burst <= 200; burst += 1 + burst/4 {
		var out []*netbuf.Buf
		for range burst {
			out = append(out, r.packet(60+next%200, next))
			next++
		}
		for len(out) > 0 {
			n, s := r.dev.TxBurst(0, out)
			if (n > 0) != (s&netdev.Success != 0) || n < 0 || n > len(out) || n < len(out) && s&netdev.More != 0 {
				r.Fatalf("burst of %d: %d, %v", len(out), n, s)
			}
			out = out[n:]
			// The wire has a limit, too: empty it as we go.
			for ; seen < next-len(out); seen++ {
				if got := r.arrived(); got != seen {
					r.Fatalf("frame %d, want %d", got, seen)
				}
			}
		}
	}
	r.home()
}

// testSendChains: packets of several parts, also empty ones, go out in one
// piece.
func testSendChains(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	for parts := 1; parts <= min(r.dev.Info().MaxTxChain, 40); parts++ {
		whole := frame(make([]byte, 200), broadcast, parts)
		first := r.buffer()
		last := first
		for i, rest := 1, whole; ; i++ {
			n := min(len(rest), (i*37)%(2*len(whole)/parts+1))
			if i == parts {
				n = len(rest)
			}
			copy(last.Append(n), rest)
			if rest = rest[n:]; i == parts {
				break
			}
			next := r.buffer()
			last.SetNext(next)
			last = next
		}
		r.sendAll(first)
		if got := r.arrived(); got != parts {
			r.Fatalf("frame %d, want %d", got, parts)
		}
	}
	r.home()
}

// testSendPending: a queue that holds no packet any more has given all buffers
// back, and one that has not, holds some.
func testSendPending(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	for n := range 20 {
		r.sendAll(r.packet(60, n), r.packet(60, n))
		held, s := r.dev.TxPending(0)
		// A driver that copies has given the buffers back already.
		if s&netdev.Stopped != 0 || held < poolSize-r.pool.Available() || held > 2 {
			r.Errorf("%d packets pending, %d buffers out, %v", held, poolSize-r.pool.Available(), s)
		}
		for range 2 {
			if got := r.arrived(); got != n {
				r.Fatalf("frame %d, want %d", got, n)
			}
		}
		r.until("an empty queue", func() bool {
			held, _ := r.dev.TxPending(0)
			return held == 0
		})
		if r.pool.Available() != poolSize {
			r.Errorf("none pending, %d buffers out", poolSize-r.pool.Available())
		}
	}
}

// testSendShared: a packet with several owners can be sent again and again; it
// stays as it is, and goes back with the last owner. Duplicates go out behind
// headers of their own.
func testSendShared(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	b := r.packet(100, 7)
	for range 5 {
		b.Retain(1)
		r.sendAll(b)
		if got := r.arrived(); got != 7 {
			r.Fatalf("frame %d", got)
		}
	}
	r.until("only our reference", func() bool {
		r.dev.TxBurst(0, nil)
		return !b.Shared()
	})
	if r.pool.Available() != poolSize-1 || r.number(b.Bytes(), broadcast) != 7 {
		r.Errorf("%d buffers free", r.pool.Available())
	}
	if r.dev.Info().MaxTxChain >= 2 {
		shadows, err := netbuf.NewPool(nil, 8, 0, 0)
		if err != nil {
			r.Fatal(err)
		}
		for range 5 {
			d := shadows.Duplicate(b)
			d.Pull(14)
			head := r.buffer()
			copy(head.Append(14), b.Bytes()[:14])
			head.SetNext(d)
			r.sendAll(head)
			if got := r.arrived(); got != 7 {
				r.Fatalf("frame %d", got)
			}
		}
		r.until("the headers", func() bool {
			r.dev.TxBurst(0, nil)
			return shadows.Available() == 8
		})
	}
	b.Free()
	r.home()
}

// testSendRefused: what can never be sent is taken, counted and freed.
func testSendRefused(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	long := r.packet(1000, 0)
	for long.PacketLen() <= 70000 {
		more := r.buffer()
		more.Append(more.Tailroom())
		more.SetNext(long)
		long = more
	}
	partial, gso := r.packet(60, 0), r.packet(60, 0)
	partial.Offload = netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 34, CsumOffset: 6}
	gso.Offload = netbuf.Offload{Checksum: netbuf.ChecksumPartial, GSO: netbuf.GSOTCP4, CsumStart: 34, CsumOffset: 16, HeaderLen: 54, GSOSize: 10}
	bad := map[string]*netbuf.Buf{"empty": r.buffer(), "runt": r.buffer(), "long": long, "checksum not agreed": partial, "segmentation not agreed": gso}
	bad["runt"].Append(13)
	if n := r.dev.Info().MaxTxChain; n < 100 {
		chain := r.packet(60, 0)
		for range n {
			one := r.buffer()
			one.Append(1)
			one.SetNext(chain)
			chain = one
		}
		bad["parts"] = chain
	}
	errors := uint64(0)
	for name, b := range bad {
		if s := r.dev.TxOne(0, b); s&netdev.Success == 0 {
			r.Errorf("%s: %v, want it taken and dropped", name, s)
			b.Free()
			continue
		}
		if s := r.dev.Stats(); s.TxErrors != errors+1 || s.TxPackets != 0 {
			r.Errorf("%s: %+v, want it counted as an error", name, s)
		}
		errors = r.dev.Stats().TxErrors
	}
	r.sendAll(r.packet(60, 3))
	if got := r.arrived(); got != 3 {
		r.Errorf("frame %d", got)
	}
	r.home()
}

// testSendChecksum: a device that completes checksums does, and finds fault with
// those outside the packet.
func testSendChecksum(r *rig) {
	if err := r.dev.Probe(); err != nil {
		r.Fatal(err)
	}
	r.need(netdev.TxChecksum)
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	r.open(netdev.TxChecksum, netdev.RxConfig{}, netdev.TxConfig{})
	b := r.packet(101, 1)
	// As in an IPv4 packet: a host may insist on room for that header.
	b.Offload = netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 34, CsumOffset: 10}
	binary.BigEndian.PutUint16(b.Bytes()[44:], 0x1234)
	want := ^netbuf.Fold(netbuf.Sum(0, b.Bytes()[34:]))
	r.sendAll(b)
	r.until("the frame", func() bool {
		f, ok := r.wire.Receive()
		if !ok || len(f) != 101 {
			r.dev.TxBurst(0, nil)
			return false
		}
		if got := binary.BigEndian.Uint16(f[44:]); got != want {
			r.Errorf("checksum %#x, want %#x", got, want)
		}
		return true
	})
	far := r.packet(60, 2)
	far.Offload = netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 50, CsumOffset: 9}
	if s := r.dev.TxOne(0, far); s&netdev.Success == 0 || r.dev.Stats().TxErrors != 1 {
		r.Errorf("checksum outside the packet: %v, %+v", s, r.dev.Stats())
	}
	r.home()
}

// testNoAllocations: the packet path allocates nothing.
func testNoAllocations(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	var bufs, in [32]*netbuf.Buf
	send := func() {
		n := r.pool.GetBurst(bufs[:])
		for _, b := range bufs[:n] {
			frame(b.Append(60), broadcast, 0)
		}
		sent, _ := r.dev.TxBurst(0, bufs[:n])
		netbuf.FreeBurst(bufs[sent:n])
	}
	receive := func() {
		n, _ := r.dev.RxBurst(0, in[:])
		netbuf.FreeBurst(in[:n])
	}
	empty := func() {
		for ok := true; ok; {
			_, ok = r.wire.Receive()
		}
	}
	for range 20 {
		send()
		receive()
		empty()
	}
	sent := func() float64 { empty(); return testing.AllocsPerRun(5, send) }
	if n := least(sent); n != 0 {
		r.Errorf("%v allocations for a burst sent", n)
	}
	empty()
	received := func() float64 {
		for n := range 96 { // less than any driver's default queue
			r.offer(60, n)
		}
		return testing.AllocsPerRun(2, receive)
	}
	if n := least(received); n != 0 {
		r.Errorf("%v allocations for a burst received", n)
	}
}

// least is the least of three results. What the packet path allocates it allocates each time;
// who looks after a device beside it, and reads a register now and then, may allocate.
func least(f func() float64) float64 { return min(f(), f(), f()) }

package netdevtest

import (
	"math/bits"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// testInfo: what the driver tells makes sense.
func testInfo(r *rig) {
	if i := r.dev.Info(); i.Driver != "" || i.Memory != nil {
		r.Errorf("an unprobed device has Info %+v", i)
	}
	if err := r.dev.Probe(); err != nil {
		r.Fatal(err)
	}
	i := r.dev.Info()
	if i.Driver == "" || i.MaxRxQueues < 1 || i.MaxTxQueues < 1 || i.Memory == nil || i.MaxTxChain < 1 {
		r.Errorf("%+v", i)
	}
	if i.MinMTU > i.MTU || i.MTU > i.MaxMTU || i.MinMTU < 0 || r.dev.MTU() != i.MTU {
		r.Errorf("MTU %d to %d, %d at first, %d now", i.MinMTU, i.MaxMTU, i.MTU, r.dev.MTU())
	}
	if i.TxHeadroom < 0 || i.RxHeadroom < 0 || i.TxHeadroom > netbuf.DefaultHeadroom || i.RxHeadroom > netbuf.DefaultHeadroom {
		r.Errorf("headroom %d and %d; default buffers have %d", i.TxHeadroom, i.RxHeadroom, netbuf.DefaultHeadroom)
	}
	if bits.OnesCount(uint(i.IOAlign)) != 1 || i.IOAlign > 64 {
		r.Errorf("alignment %d", i.IOAlign)
	}
	if r.dev.HardwareAddr() != i.HardwareAddr || i.HardwareAddr.Multicast() || i.HardwareAddr == (netdev.HardwareAddr{}) {
		r.Errorf("address %v", i.HardwareAddr)
	}
	if err := r.dev.Configure(netdev.Config{}); err != nil {
		r.Fatal(err)
	}
	if f := r.dev.Info().Features; f&netdev.Offloads != 0 || f&^i.Features != 0 {
		r.Errorf("features %#x of %#x; no offload was asked for", f, i.Features)
	}
	for name, ask := range map[string]func(int) (netdev.QueueInfo, error){"receive": r.dev.RxInfo, "transmit": r.dev.TxInfo} {
		q, err := ask(0)
		if err != nil || q.Min < 1 || q.Default < q.Min || q.Default > q.Max || q.Default%max(q.Align, 1) != 0 ||
			q.PowerOfTwo && bits.OnesCount(uint(q.Default)) != 1 {
			r.Errorf("%s queue: %+v, %v", name, q, err)
		}
		if _, err := ask(1); err == nil {
			r.Errorf("%s queue 1 of 1", name)
		}
	}
}

// testStates: the driver can be closed in every state, and each call out of turn
// is refused without harm.
func testStates(r *rig) {
	steps := []func() error{
		r.dev.Probe,
		func() error { return r.dev.Configure(netdev.Config{}) },
		func() error { return r.dev.ConfigureRx(0, netdev.RxConfig{}) },
		func() error { return r.dev.ConfigureTx(0, netdev.TxConfig{}) },
		r.dev.Start,
	}
	for depth := range len(steps) + 1 {
		for i, step := range steps[:depth] {
			if err := step(); err != nil {
				r.Fatalf("step %d: %v", i, err)
			}
			for j, other := range steps {
				if j != i+1 && !(i >= 1 && i < 4 && j >= 2 && j < 4) {
					r.want("step out of turn", other(), netdev.ErrState)
				}
			}
			r.want("Restart", r.dev.Restart(), netdev.ErrState)
		}
		if n, s := r.dev.TxBurst(0, nil); depth < len(steps) && (n != 0 || s != netdev.Stopped) {
			r.Errorf("burst of a device that is %v: %v", r.dev.State(), s)
		}
		if depth == 0 {
			continue
		}
		if err := r.dev.Close(); err != nil || r.dev.State() != netdev.Unprobed {
			r.Fatalf("Close after %d steps: %v, %v", depth, err, r.dev.State())
		}
		r.want("Close twice", r.dev.Close(), netdev.ErrState)
	}
}

// testReopen: a device that was closed works like new.
func testReopen(r *rig) {
	for range 3 {
		r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
		if r.dev.Link() == netdev.LinkDown && r.dev.Info().Features&netdev.LinkStatus == 0 {
			r.Error("link is down, on a device that cannot tell")
		}
		if s := r.dev.Stats(); s.TxPackets != 0 {
			r.Errorf("counters begin with %+v", s)
		}
		r.dev.TxOne(0, r.packet(60, 1))
		if n := r.arrived(); n != 1 {
			r.Fatalf("frame %d", n)
		}
		r.offer(60, 2)
		r.expect(2)
		if err := r.dev.Close(); err != nil {
			r.Fatal(err)
		}
		if r.pool.Available() != poolSize {
			r.Errorf("%d of %d buffers after Close", r.pool.Available(), poolSize)
		}
	}
}

// testQueueSizes: the least, the greatest and the driver's own size work; others
// are refused.
func testQueueSizes(r *rig) {
	if err := r.dev.Probe(); err != nil {
		r.Fatal(err)
	}
	if err := r.dev.Configure(netdev.Config{}); err != nil {
		r.Fatal(err)
	}
	rx, _ := r.dev.RxInfo(0)
	tx, _ := r.dev.TxInfo(0)
	for _, bad := range []int{-1, rx.Min - 1, rx.Max + 1, 2 * rx.Max} {
		if bad != 0 {
			r.want("receive queue size", r.dev.ConfigureRx(0, netdev.RxConfig{Size: bad}), netdev.ErrConfig)
		}
	}
	if bad := tx.Max + 1; true {
		r.want("transmit queue size", r.dev.ConfigureTx(0, netdev.TxConfig{Size: bad}), netdev.ErrConfig)
	}
	r.want("receive queue 1", r.dev.ConfigureRx(1, netdev.RxConfig{}), netdev.ErrNoQueue)
	r.want("transmit queue -1", r.dev.ConfigureTx(-1, netdev.TxConfig{}), netdev.ErrNoQueue)
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	for _, size := range [][2]int{{rx.Min, tx.Min}, {min(rx.Max, 4096), min(tx.Max, 4096)}, {0, 0}} {
		r.open(0, netdev.RxConfig{Size: size[0]}, netdev.TxConfig{Size: size[1]})
		for n := range 3 * max(tx.Min, rx.Min, 16) {
			r.sendAll(r.packet(60, n))
			if got := r.arrived(); got != n {
				r.Fatalf("sizes %v: frame %d, want %d", size, got, n)
			}
			r.offer(61, n)
			r.expect(n)
		}
		if err := r.dev.Close(); err != nil {
			r.Fatal(err)
		}
	}
}

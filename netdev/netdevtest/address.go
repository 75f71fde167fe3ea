package netdevtest

import "yolk/netdev"

// silence reports whether no frame numbered n arrives though one numbered n+1,
// sent after it, does.
func (r *rig) silence(to netdev.HardwareAddr, n int) bool {
	r.Helper()
	f := frame(make([]byte, 60), to, n)
	r.until("room on the wire", func() bool { return r.wire.Send(f) })
	r.offer(60, n+1)
	got := -1
	r.until("the frame that must arrive", func() bool {
		b, s := r.dev.RxOne(0)
		if s&netdev.Success == 0 {
			return false
		}
		defer b.Free()
		p := b.AppendTo(nil)
		if len(p) < header || string(p[6:14]) != "\x02test!\x88\xb5" {
			return false
		}
		if string(p[:6]) == string(to[:]) {
			got = n
		}
		own := r.dev.HardwareAddr()
		return string(p[:6]) == string(own[:])
	})
	return got != n
}

var stranger = netdev.HardwareAddr{2, 9, 9, 9, 9, 9}

// testPromiscuous: frames for others arrive if and only if they are asked for.
func testPromiscuous(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	r.need(netdev.PromiscuousMode)
	if r.loop {
		r.Skip("a loopback device sees all it sends")
	}
	for i, on := range []bool{false, true, false, true} {
		if err := r.dev.SetPromiscuous(on); err != nil || r.dev.Promiscuous() != on {
			r.Fatal(err)
		}
		if r.silence(stranger, 10*i) == on {
			r.Errorf("promiscuous %v: frames for others arrive: %v", on, !on)
		}
		if r.silence(broadcast, 10*i+5) {
			r.Errorf("promiscuous %v: a broadcast is lost", on)
		}
	}
}

// testMulticast: of multicasts those arrive that were asked for, and others that a filter
// takes for them: of these two groups none does.
func testMulticast(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	r.need(netdev.MulticastFilter)
	if r.loop {
		r.Skip("a loopback device sees all it sends")
	}
	one, other := netdev.HardwareAddr{1, 0, 0x5e, 0, 0, 1}, netdev.HardwareAddr{0x33, 0x33, 0, 0, 0, 0xfb}
	for i, c := range []struct {
		groups     []netdev.HardwareAddr
		one, other bool
	}{
		{nil, true, true},
		{[]netdev.HardwareAddr{one}, true, false},
		{[]netdev.HardwareAddr{other}, false, true},
		{[]netdev.HardwareAddr{one, other}, true, true},
		{[]netdev.HardwareAddr{}, false, false},
		{nil, true, true},
	} {
		if i > 0 { // nil is how it begins
			if err := r.dev.SetMulticast(c.groups); err != nil {
				r.Fatal(err)
			}
		}
		for k, g := range []struct {
			addr netdev.HardwareAddr
			want bool
		}{{one, c.one}, {other, c.other}, {broadcast, true}} {
			if r.silence(g.addr, 10*i+k) == g.want {
				r.Errorf("groups %v: a frame to %v arrives: %v", c.groups, g.addr, !g.want)
			}
		}
	}
	r.want("a station's address", r.dev.SetMulticast([]netdev.HardwareAddr{stranger}), netdev.ErrConfig)
}

// testHardwareAddr: a changed address is the one that the device answers to.
func testHardwareAddr(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	r.need(netdev.HardwareAddrChange)
	old := r.dev.HardwareAddr()
	if err := r.dev.SetHardwareAddr(stranger); err != nil || r.dev.HardwareAddr() != stranger {
		r.Fatal(err)
	}
	r.offer(60, 1)
	r.expect(1)
	if err := r.dev.SetHardwareAddr(old); err != nil {
		r.Fatal(err)
	}
	r.offer(60, 2)
	r.expect(2)
	r.want("a group's address", r.dev.SetHardwareAddr(broadcast), netdev.ErrConfig)
}

package net_test

import (
	"errors"
	"testing"

	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Packets in memory that the device cannot reach are refused, alone or as a part.
func TestUnreachablePackets(t *testing.T) {
	r := start(t, everything, config{})
	far := func() *netbuf.Buf { return netbuf.Wrap(make([]byte, 100), 0, nil) }
	room := far()
	room.Pull(40) // headroom for the driver's header
	chain := r.packet(60)
	chain.SetNext(far())
	if n := r.dev.TxBurst(0, []*netbuf.Buf{far(), room, chain, r.packet(60)}); n != 4 {
		t.Errorf("took %d of 4", n)
	}
	if s := r.dev.Stats(); s.TxErrors != 3 || s.TxPackets != 1 || r.fake.Sent(9, func([]byte) {}) != 1 {
		t.Errorf("%+v", s)
	}
}

// Receive buffers that Alloc should not have given stop the device with an error
// that says so, before the device sees any.
func TestBadReceiveBuffers(t *testing.T) {
	for name, spoil := range map[string]func(b *netbuf.Buf) *netbuf.Buf{
		"no headroom": func(b *netbuf.Buf) *netbuf.Buf { b.Reset(4); return b },
		"not empty":   func(b *netbuf.Buf) *netbuf.Buf { b.Append(1); return b },
		"full":        func(b *netbuf.Buf) *netbuf.Buf { b.Reset(2048); return b },
		"unreachable": func(b *netbuf.Buf) *netbuf.Buf {
			far := netbuf.Wrap(make([]byte, 2048), 0, func(*netbuf.Buf) { b.Free() })
			far.Reset(64)
			return far
		},
	} {
		mem := virtiotest.NewMemory(4 << 20)
		fake := virtiotest.NewNet(mem, 1, everything)
		p, err := newPort(fake, mem)
		if err != nil {
			t.Fatal(err)
		}
		pool, err := netbuf.NewPool(mem, 16, netbuf.DefaultSize, netbuf.DefaultHeadroom)
		if err != nil {
			t.Fatal(err)
		}
		alloc := func(bufs []*netbuf.Buf) int {
			n := pool.GetBurst(bufs)
			if n > 1 {
				bufs[1] = spoil(bufs[1])
			}
			return n
		}
		if err := p.Open(netdev.Config{}, netdev.RxConfig{Size: 8, Alloc: alloc}, netdev.TxConfig{}); err != nil {
			t.Fatal(err)
		}
		_, status := p.Device.RxBurst(0, make([]*netbuf.Buf, 4))
		if status&netdev.Stopped == 0 || !errors.Is(p.Err(), virtionet.ErrBuffer) || available(fake.Queue(0)) != 0 {
			t.Errorf("%s: %v, %v", name, status, p.Err())
		}
		if s := p.Stats(); s.DeviceErrors != 0 || pool.Available() != pool.Count() {
			t.Errorf("%s: %+v, %d of %d buffers back", name, s, pool.Available(), pool.Count())
		}
	}
}

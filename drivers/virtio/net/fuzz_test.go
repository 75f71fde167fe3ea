package net_test

import (
	"testing"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// FuzzReceive lets the device deliver a frame with any header, in buffers filled
// to any length. Whatever arrives is inside the packet, and no buffer is lost:
// after a restart, if it came to that, the ring is full again.
func FuzzReceive(f *testing.F) {
	for kind := range uint8(4) {
		f.Add([]byte{1, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0, 2, 0}, uint16(1500), uint16(700), kind)
		f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, uint16(72), uint16(0), kind)
		f.Add([]byte{3, 0x84, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, uint16(4), uint16(9), kind)
	}
	f.Fuzz(func(t *testing.T, header []byte, first, second uint16, kind uint8) {
		features := virtio.Feature(everything)
		if kind&1 == 0 {
			features &^= mrgRxbuf
		}
		if kind&2 == 0 {
			features |= virtio.FeatureRingPacked
		}
		r := start(t, features, config{RxSize: 8, RxBuffers: 8})
		q := r.fake.Queue(0)
		var c virtiotest.Chain
		for _, n := range []uint16{first, second} {
			q.Pop(&c)
			copy(c.In[0], header)
			q.Push(c.Head, int(n))
		}
		q.Publish()
		var in [8]*netbuf.Buf
		n := r.dev.RxBurst(0, in[:])
		for _, b := range in[:n] {
			length := b.PacketLen()
			o := b.Offload
			if length < 14 || length > int(first)+int(second) {
				t.Fatalf("packet of %d bytes out of %d and %d", length, first, second)
			}
			if o.Checksum == netbuf.ChecksumPartial && int(o.CsumStart)+int(o.CsumOffset)+2 > length {
				t.Fatalf("checksum outside a packet of %d: %+v", length, o)
			}
			if int(o.HeaderLen) > length || o.GSO != netbuf.GSONone && o.GSOSize == 0 {
				t.Fatalf("packet of %d: %+v", length, o)
			}
		}
		netbuf.FreeBurst(in[:n])
		if r.dev.State() == netdev.Failed {
			if err := r.dev.Restart(); err != nil {
				t.Fatal(err)
			}
			if n := available(r.fake.Queue(0)); n != 8 {
				t.Fatalf("%d of 8 buffers after restart", n)
			}
		}
		if err := r.dev.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

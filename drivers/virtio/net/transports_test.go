package net_test

import (
	"bytes"
	"testing"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/mmio"
	"yolk/drivers/virtio/pci"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

const anyLayout = virtio.FeatureAnyLayout

// transports are the ways to a device, each made for a fake.
var transports = map[string]func(d *virtiotest.Device) (virtio.Transport, error){
	"direct": func(d *virtiotest.Device) (virtio.Transport, error) { return d, nil },
	"mmio":   func(d *virtiotest.Device) (virtio.Transport, error) { return mmio.New(virtiotest.NewMMIO(d)) },
	"pci": func(d *virtiotest.Device) (virtio.Transport, error) {
		p := virtiotest.NewPCI(d)
		if d.OldStyle {
			p = virtiotest.NewLegacyPCI(d)
		}
		return pci.New(p, pci.Platform{Map: p.Map, Ports: p.Ports, Vector: func(int) (uint64, uint32, bool) { return 0xfee00000, 33, true }})
	},
}

// devices are the kinds of device: layouts, and the ages of the interface.
var devices = map[string]struct {
	make     func(m *virtiotest.Memory, id byte, f virtio.Feature) *virtiotest.Net
	features virtio.Feature
}{
	"split":               {virtiotest.NewNet, everything},
	"split, plain":        {virtiotest.NewNet, 0},
	"split, indirect":     {virtiotest.NewNet, everything | virtio.FeatureIndirect},
	"packed":              {virtiotest.NewNet, everything | virtio.FeatureRingPacked},
	"packed, plain":       {virtiotest.NewNet, virtio.FeatureRingPacked},
	"packed, indirect":    {virtiotest.NewNet, everything | virtio.FeatureRingPacked | virtio.FeatureIndirect},
	"legacy":              {virtiotest.NewLegacyNet, everything | anyLayout},
	"legacy, no merging":  {virtiotest.NewLegacyNet, everything&^mrgRxbuf | anyLayout},
	"legacy, own header":  {virtiotest.NewLegacyNet, everything},
	"legacy, as of old":   {virtiotest.NewLegacyNet, 0},
	"legacy, MAC and all": {virtiotest.NewLegacyNet, anyLayout | virtio.FeatureIndirect | mrgRxbuf},
}

// Frames of every size, chains, and frames without headroom pass unchanged over
// every transport, with every layout and age of device.
func TestEveryWay(t *testing.T) {
	for via, reach := range transports {
		for kind, c := range devices {
			t.Run(via+"/"+kind, func(t *testing.T) {
				mem := virtiotest.NewMemory(4 << 20)
				fake := c.make(mem, 1, c.features)
				tr, err := reach(&fake.Device)
				if err != nil {
					t.Fatal(err)
				}
				dev, err := newPort(tr, mem)
				if err == nil {
					err = dev.open(config{RxSize: 32, TxSize: 32})
				}
				if err != nil {
					t.Fatal(err)
				}
				pool, err := netbuf.NewPool(mem, 16, 512, netbuf.DefaultHeadroom)
				if err != nil {
					t.Fatal(err)
				}
				if dev.HardwareAddr().String() != "52:54:00:00:00:01" || dev.Link() != netdev.LinkUp {
					t.Errorf("address %v, link %v", dev.HardwareAddr(), dev.Link())
				}
				r := &rig{t, dev, fake, mem, pool}
				for n := 14; n <= 1514; n += 3 {
					r.roundTrip(n, n%400+100, n%2 == 0)
				}
				if s := dev.Stats(); s.TxErrors+s.RxErrors+s.DeviceErrors != 0 || s.RxBytes != s.TxBytes {
					t.Errorf("%+v", s)
				}
				if err := dev.Close(); err != nil || pool.Available() != pool.Count() {
					t.Errorf("%v, %d of %d buffers back", err, pool.Available(), pool.Count())
				}
			})
		}
	}
}

// roundTrip sends a frame of n bytes, in parts of at most most bytes, with or
// without headroom, and has it come back.
func (r *rig) roundTrip(n, most int, headroom bool) {
	r.Helper()
	want := frame(n)[virtiotest.NetHeader:]
	var first, last *netbuf.Buf
	for rest := want; len(rest) > 0; {
		b := r.pool.Get()
		if !headroom {
			b.Reset(0)
		}
		k := min(len(rest), most, b.Tailroom())
		copy(b.Append(k), rest)
		if rest = rest[k:]; first == nil {
			first = b
		} else {
			last.SetNext(b)
		}
		last = b
	}
	if r.dev.TxBurst(0, []*netbuf.Buf{first}) != 1 {
		r.Fatalf("%d bytes not taken", n)
	}
	var wire []byte
	r.fake.Sent(8, func(f []byte) { wire = append(wire, f...) })
	r.dev.TxBurst(0, nil)
	if hdr := r.fake.HeaderLen(); len(wire) != hdr+n || !bytes.Equal(wire[hdr:], want) {
		r.Fatalf("%d bytes: sent %d: % x", n, len(wire), wire)
	}
	if !r.fake.Deliver(wire) {
		r.Fatalf("%d bytes: no receive buffer", n)
	}
	r.fake.Flush()
	var in [4]*netbuf.Buf
	if got := r.dev.RxBurst(0, in[:]); got != 1 || !bytes.Equal(flat(in[0]), want) {
		r.Fatalf("%d bytes: received %d packets", n, got)
	}
	in[0].Free()
}

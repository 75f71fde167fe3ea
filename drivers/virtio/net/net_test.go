package net_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Feature bits, as the device sees them (VIRTIO 1.2, 5.1.3).
const (
	csum, guestCsum                          = 1 << 0, 1 << 1
	guestTSO4, guestTSO6, hostTSO4, hostTSO6 = 1 << 7, 1 << 8, 1 << 11, 1 << 12
	mrgRxbuf                                 = 1 << 15
	everything                               = csum | guestCsum | guestTSO4 | guestTSO6 | hostTSO4 | hostTSO6 | mrgRxbuf | virtio.FeatureEventIdx
)

// rig is a driver and its device.
type rig struct {
	*testing.T
	dev  *port
	fake *virtiotest.Net
	mem  *virtiotest.Memory
	pool *netbuf.Pool
}

// start opens a device with the given features.
func start(t *testing.T, features virtio.Feature, cfg config) *rig {
	t.Helper()
	mem := virtiotest.NewMemory(8 << 20)
	fake := virtiotest.NewNet(mem, 1, features)
	dev, err := newPort(fake, mem)
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.open(cfg); err != nil {
		t.Fatal(err)
	}
	pool, err := netbuf.NewPool(mem, 64, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t, dev, fake, mem, pool}
}

// frame returns a header of zeros and n bytes that differ.
func frame(n int) []byte {
	f := make([]byte, virtiotest.NetHeader+n)
	for i := virtiotest.NetHeader; i < len(f); i++ {
		f[i] = byte(i * 7)
	}
	return f
}

// packet makes a buffer with n bytes like frame's.
func (r *rig) packet(n int) *netbuf.Buf {
	b := r.pool.Get()
	copy(b.Append(n), frame(n)[virtiotest.NetHeader:])
	return b
}

// flat returns a chain's bytes.
func flat(b *netbuf.Buf) []byte {
	var all []byte
	for ; b != nil; b = b.Next() {
		all = append(all, b.Bytes()...)
	}
	return all
}

func TestLifecycle(t *testing.T) {
	mem := virtiotest.NewMemory(4 << 20)
	fake := virtiotest.NewNet(mem, 9, everything)
	dev, _ := newPort(fake, mem)
	if err := dev.Start(); !errors.Is(err, netdev.ErrState) {
		t.Errorf("Start of an unprobed device: %v", err)
	}
	if err := dev.Configure(netdev.Config{}); !errors.Is(err, netdev.ErrState) {
		t.Errorf("Configure of an unprobed device: %v", err)
	}
	if err := dev.open(config{}); err != nil {
		t.Fatal(err)
	}
	if err := dev.Probe(); !errors.Is(err, netdev.ErrState) {
		t.Errorf("Probe of a running device: %v", err)
	}
	if got := dev.HardwareAddr().String(); got != "52:54:00:00:00:09" || dev.MTU() != 1500 {
		t.Errorf("address %s, MTU %d", got, dev.MTU())
	}
	if dev.Link() != netdev.LinkUp {
		t.Error("link is down")
	}
	fake.SetLink(false)
	if dev.Link() != netdev.LinkDown {
		t.Error("link is up")
	}
	if err := dev.Close(); err != nil || mem.Live() != 0 {
		t.Errorf("Close: %v, %d bytes lost", err, mem.Live())
	}
	if err := dev.open(config{}); err != nil {
		t.Errorf("open again: %v", err)
	}
}

func TestConfigureRefuses(t *testing.T) {
	for _, cfg := range []config{
		{Queues: 2}, {RxSize: 512}, {TxSize: 100}, {RxSize: 1}, {BufferSize: 100}, {BufferSize: 1000}, {BufferSize: 1024},
	} {
		mem := virtiotest.NewMemory(4 << 20)
		dev, _ := newPort(virtiotest.NewNet(mem, 1, 0), mem)
		if err := dev.open(cfg); !errors.Is(err, netdev.ErrConfig) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestFeatureDependencies(t *testing.T) {
	for _, c := range []struct {
		offer, want virtio.Feature
		refuse      netdev.Features
	}{
		{everything, everything, 0},
		{everything &^ csum, everything &^ (csum | hostTSO4 | hostTSO6), 0},
		{everything &^ mrgRxbuf, everything &^ (mrgRxbuf | guestTSO4 | guestTSO6), 0},
		{everything, everything &^ (guestCsum | guestTSO4 | guestTSO6), netdev.RxChecksum},
		{everything | 1<<19 | 1<<22 | 1<<57, everything, 0},
	} {
		r := start(t, c.offer, config{Refuse: c.refuse})
		if got := r.fake.Accepted() &^ (virtio.FeatureVersion1 | 1<<5 | 1<<16 | 1<<3); got != c.want {
			t.Errorf("offer %#x: accepted %#x, want %#x", c.offer, got, c.want)
		}
	}
}

func TestBringUpFailures(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(n *virtiotest.Net)
		want  error
	}{
		"legacy":      {func(n *virtiotest.Net) { n.Features &^= virtio.FeatureVersion1 }, virtio.ErrNoVersion1},
		"denies":      {func(n *virtiotest.Net) { n.Deny = true }, virtio.ErrFeatures},
		"torn config": {func(n *virtiotest.Net) { n.Torn = 1 << 20 }, virtio.ErrConfigTorn},
		"short":       {func(n *virtiotest.Net) { n.Conf = n.Conf[:10] }, virtio.ErrConfigShort},
		"no config":   {func(n *virtiotest.Net) { n.Conf = nil }, virtio.ErrConfigShort},
		"mtu 0":       {func(n *virtiotest.Net) { n.Conf[10], n.Conf[11] = 0, 0 }, virtionet.ErrMTU},
		"no queue":    {func(n *virtiotest.Net) { n.Sizes = n.Sizes[:1] }, virtio.ErrNoQueue},
		"no memory":   {func(n *virtiotest.Net) { n.Mem.Alloc(4<<20-4096, 8) }, virtiotest.ErrExhausted},
	} {
		mem := virtiotest.NewMemory(4 << 20)
		fake := virtiotest.NewNet(mem, 1, everything)
		c.spoil(fake)
		dev, _ := newPort(fake, mem)
		if err := dev.open(config{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Frames of every size up to the MTU go out and come in unchanged, however often
// the rings wrap.
func TestSendAndReceive(t *testing.T) {
	for _, features := range []virtio.Feature{0, everything} {
		r := start(t, features, config{RxSize: 8, TxSize: 8})
		var in [4]*netbuf.Buf
		for n := 14; n <= 1514; n++ {
			if r.dev.TxBurst(0, []*netbuf.Buf{r.packet(n)}) != 1 {
				t.Fatalf("%d bytes not taken", n)
			}
			var wire []byte
			r.fake.Sent(8, func(f []byte) { wire = append(wire, f...) })
			if want := frame(n); !bytes.Equal(wire, want) {
				t.Fatalf("%d bytes: sent % x", n, wire)
			}
			if !r.fake.Deliver(wire) {
				t.Fatalf("%d bytes: no receive buffer", n)
			}
			r.fake.Flush()
			if got := r.dev.RxBurst(0, in[:]); got != 1 || !bytes.Equal(flat(in[0]), wire[virtiotest.NetHeader:]) {
				t.Fatalf("%d bytes: received %d packets", n, got)
			}
			if in[0].Headroom() != netbuf.DefaultHeadroom {
				t.Fatalf("headroom %d", in[0].Headroom())
			}
			in[0].Free()
		}
		s := r.dev.Stats()
		if s.TxPackets != 1501 || s.RxPackets != 1501 || s.RxErrors+s.TxErrors+s.DeviceErrors != 0 || s.TxBytes != s.RxBytes {
			t.Errorf("%+v", s)
		}
	}
}

// A full transmit queue takes what fits; when the device has read it, the rest
// goes and every buffer comes back.
func TestTransmitFull(t *testing.T) {
	r := start(t, everything, config{TxSize: 8})
	var out []*netbuf.Buf
	for range 12 {
		out = append(out, r.packet(60))
	}
	if n := r.dev.TxBurst(0, out); n != 8 {
		t.Fatalf("a queue of 8 took %d", n)
	}
	if n := r.dev.TxBurst(0, out[8:]); n != 0 {
		t.Fatalf("a full queue took %d", n)
	}
	r.fake.Sent(100, func([]byte) {})
	if n := r.dev.TxBurst(0, out[8:]); n != 4 {
		t.Fatalf("took %d of the rest", n)
	}
	r.fake.Sent(100, func([]byte) {})
	r.dev.TxBurst(0, nil)
	if n := r.pool.Available(); n != 64 {
		t.Errorf("%d of 64 buffers back", n)
	}
	if s := r.dev.Stats(); s.TxFull != 2 || s.TxPackets != 12 {
		t.Errorf("%+v", s)
	}
}

func TestTransmitChainsAndOffload(t *testing.T) {
	r := start(t, everything, config{TxSize: 64})
	first := r.packet(1000)
	first.Offload = netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 34, CsumOffset: 16,
		GSO: netbuf.GSOTCP4, GSOSize: 1448, HeaderLen: 66}
	empty, last := r.packet(0), r.packet(2000-64)
	first.SetNext(empty)
	empty.SetNext(last)
	bare := r.packet(60)
	bare.Push(netbuf.DefaultHeadroom) // no headroom left
	want := [][]byte{flat(first), flat(bare)}
	if n := r.dev.TxBurst(0, []*netbuf.Buf{first, bare}); n != 2 {
		t.Fatalf("took %d", n)
	}
	var got [][]byte
	r.fake.Sent(8, func(f []byte) { got = append(got, append([]byte(nil), f...)) })
	if len(got) != 2 || !bytes.Equal(got[0][12:], want[0]) || !bytes.Equal(got[1][12:], want[1]) {
		t.Fatalf("sent %d frames, not what was queued", len(got))
	}
	if h := got[0][:12]; !bytes.Equal(h, []byte{1, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0}) {
		t.Errorf("header % x", h)
	}
	if h := got[1][:12]; !bytes.Equal(h, make([]byte, 12)) {
		t.Errorf("header % x", h)
	}
	r.dev.TxBurst(0, nil)
	if n := r.pool.Available(); n != 64 {
		t.Errorf("%d of 64 buffers back", n)
	}
}

// Requests that the device did not agree to, or outside the packet, are refused.
func TestTransmitRefuses(t *testing.T) {
	partial := netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 34, CsumOffset: 16}
	gso := partial
	gso.GSO, gso.GSOSize = netbuf.GSOTCP4, 1000
	noSize, far, noSum := gso, partial, gso
	noSize.GSOSize = 0
	far.CsumStart = 43
	noSum.Checksum = netbuf.ChecksumUnknown
	for name, c := range map[string]struct {
		features virtio.Feature
		offload  netbuf.Offload
		length   int
	}{
		"checksum not agreed":  {0, partial, 60},
		"TSO not agreed":       {csum, gso, 60},
		"TSO without size":     {everything, noSize, 60},
		"TSO without checksum": {everything, noSum, 60},
		"checksum outside":     {everything, far, 60},
		"runt":                 {everything, netbuf.Offload{}, 13},
	} {
		r := start(t, c.features, config{})
		b := r.packet(c.length)
		b.Offload = c.offload
		r.dev.TxBurst(0, []*netbuf.Buf{b})
		if s := r.dev.Stats(); s.TxErrors != 1 || s.TxPackets != 0 || r.pool.Available() != 64 {
			t.Errorf("%s: %+v, %d buffers", name, s, r.pool.Available())
		}
	}
}

// A zero-copy sender keeps its reference: the buffer survives transmission.
func TestTransmitShared(t *testing.T) {
	r := start(t, everything, config{})
	b := r.packet(60)
	for range 3 {
		b.Retain(1)
	}
	r.dev.TxBurst(0, []*netbuf.Buf{b, b, b})
	n := r.fake.Sent(8, func(f []byte) {
		if !bytes.Equal(f, frame(60)) {
			t.Errorf("% x", f)
		}
	})
	r.dev.TxBurst(0, nil)
	if n != 3 || r.pool.Available() != 63 {
		t.Errorf("%d sent, %d buffers free", n, r.pool.Available())
	}
	b.Free()
	if r.pool.Available() != 64 {
		t.Error("last reference did not free the buffer")
	}
}

// A 64 KiB packet arrives in 33 buffers, also when the device shows them in two
// portions; its header describes the whole.
func TestReceiveMerged(t *testing.T) {
	r := start(t, everything, config{})
	f := frame(65000)
	copy(f, []byte{1, 4, 86, 0, 0xa8, 5, 54, 0, 16, 0})
	r.fake.Deliver(f)
	r.fake.Flush()
	var in [8]*netbuf.Buf
	if n := r.dev.RxBurst(0, in[:]); n != 1 || !bytes.Equal(flat(in[0]), f[12:]) {
		t.Fatalf("%d packets", n)
	}
	want := netbuf.Offload{Checksum: netbuf.ChecksumPartial, CsumStart: 54, CsumOffset: 16,
		GSO: netbuf.GSOTCP6, GSOSize: 1448, HeaderLen: 86}
	if in[0].Offload != want {
		t.Errorf("%+v", in[0].Offload)
	}
	in[0].Free()

	// By hand: two buffers, one shown first.
	q := r.fake.Queue(0)
	var c, c2 virtiotest.Chain
	q.Pop(&c)
	q.Pop(&c2)
	copy(c.In[0], frame(100))
	binary.LittleEndian.PutUint16(c.In[0][10:], 2)
	q.Push(c.Head, 112)
	q.Publish()
	if n := r.dev.RxBurst(0, in[:]); n != 0 {
		t.Fatalf("half a packet received")
	}
	q.Push(c2.Head, 50)
	q.Publish()
	if n := r.dev.RxBurst(0, in[:]); n != 1 || in[0].PacketLen() != 150 || in[0].Parts() != 2 {
		t.Fatalf("%d packets", n)
	}
}

func TestRestartNeedsFailure(t *testing.T) {
	r := start(t, everything, config{})
	if err := r.dev.Restart(); !errors.Is(err, netdev.ErrState) {
		t.Error(err)
	}
}

func TestInterrupts(t *testing.T) {
	r := start(t, everything, config{})
	fired := 0
	r.fake.Interrupt = func(int) { fired++ }
	deliver := func() { r.fake.Deliver(frame(60)); r.fake.Flush() }
	deliver()
	if fired != 0 {
		t.Error("interrupt before it was enabled")
	}
	if !r.dev.EnableInterrupt(0) {
		t.Error("packet already there not reported")
	}
	var in [4]*netbuf.Buf
	netbuf.FreeBurst(in[:r.dev.RxBurst(0, in[:])])
	if r.dev.EnableInterrupt(0) {
		t.Error("reports a packet that is not there")
	}
	deliver()
	if fired != 1 {
		t.Errorf("%d interrupts", fired)
	}
	r.dev.TxBurst(0, []*netbuf.Buf{r.packet(60)})
	r.fake.Sent(8, func([]byte) {})
	if fired != 1 {
		t.Error("interrupt for a transmission")
	}
}

// The queue starves while the caller holds every buffer and recovers when they
// are freed.
func TestReceiveStarved(t *testing.T) {
	r := start(t, everything, config{RxSize: 8, RxBuffers: 8})
	var in [8]*netbuf.Buf
	for range 8 {
		r.fake.Deliver(frame(60))
	}
	r.fake.Flush()
	if n := r.dev.RxBurst(0, in[:]); n != 8 {
		t.Fatalf("%d packets", n)
	}
	if r.fake.Deliver(frame(60)) {
		t.Fatal("a ninth buffer")
	}
	netbuf.FreeBurst(in[:])
	if r.dev.EnableInterrupt(0) || !r.fake.Deliver(frame(60)) || r.dev.Stats().RxNoBuffer == 0 {
		t.Errorf("queue not refilled: %+v", r.dev.Stats())
	}
}

// A device that missed a doorbell is rung for again when somebody asks what it
// still holds, and not as often as somebody asks.
func TestPendingRingsAgain(t *testing.T) {
	for _, features := range []virtio.Feature{everything, everything | virtio.FeatureRingPacked} {
		r := start(t, features, config{})
		r.fake.Queue(1).EnableKick()
		rings := 0
		r.fake.OnNotify = func(queue int) {
			if rings++; rings == 2 && queue == 1 { // the first one is lost
				r.fake.Sent(8, func([]byte) {})
			}
		}
		r.dev.TxBurst(0, []*netbuf.Buf{r.packet(60), r.packet(60)})
		asked := 0
		for n, s := r.dev.TxPending(0); n > 0; n, s = r.dev.TxPending(0) {
			if asked++; n != 2 || s&netdev.Stopped != 0 || asked > 1<<20 {
				t.Fatalf("%d pending, %v, asked %d times", n, s, asked)
			}
		}
		if rings != 2 || asked < 1000 || r.pool.Available() != 64 {
			t.Errorf("rung %d times, asked %d times, %d buffers, %+v", rings, asked, r.pool.Available(), r.dev.Stats())
		}
	}
}

package pipe_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

// open starts a device over drv.
func open(t *testing.T, drv netdev.Driver, offloads netdev.Features, size int) *netdev.Device {
	t.Helper()
	d := netdev.New(drv)
	if err := d.Open(netdev.Config{Offloads: offloads}, netdev.RxConfig{Size: size}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	return d
}

func newPool(t *testing.T) *netbuf.Pool {
	t.Helper()
	pool, err := netbuf.NewPool(netbuf.Heap, 16, 256, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// frame makes a broadcast in a chain of two parts that ends in n.
func frame(p *netbuf.Pool, n byte) *netbuf.Buf {
	a, b := p.Get(), p.Get()
	copy(a.Append(14), "\xff\xff\xff\xff\xff\xff........")
	b.Append(1)[0] = n
	a.SetNext(b)
	return a
}

// Frames arrive in order and whole; a full receiver stops the sender, who keeps
// the rest; nothing is lost on the way.
func TestPipe(t *testing.T) {
	x, y := pipe.New()
	a, b := open(t, x, 0, 4), open(t, y, 0, 4)
	pool := newPool(t)
	var out []*netbuf.Buf
	for i := range 6 {
		out = append(out, frame(pool, byte(i)))
	}
	var in [8]*netbuf.Buf
	for got, round := 0, 0; got < 6; round++ {
		n, s := a.TxBurst(0, out)
		if out = out[n:]; round == 0 && (len(out) != 2 || s != netdev.Success) {
			t.Fatalf("%d left, %v", len(out), s)
		}
		n, _ = b.RxBurst(0, in[:])
		for _, f := range in[:n] {
			if f.Len() != 15 || f.Bytes()[14] != byte(got) {
				t.Fatalf("frame %d: % x", got, f.Bytes())
			}
			f.Free()
			got++
		}
	}
	if pool.Available() != 16 || a.Stats().TxFull != 1 || b.Stats().RxPackets != 6 {
		t.Errorf("%d buffers, %+v, %+v", pool.Available(), a.Stats(), b.Stats())
	}
	if err := b.Close(); err != nil || a.Link() != netdev.LinkDown {
		t.Errorf("%v, link %v", err, a.Link())
	}
	// As on a cable, what nobody receives is gone.
	if s := a.TxOne(0, frame(pool, 0)); s&netdev.Success == 0 || pool.Available() != 16 {
		t.Errorf("%v, %d buffers", s, pool.Available())
	}
}

// An end takes frames for its address and groups, all when promiscuous.
func TestFilter(t *testing.T) {
	x, y := pipe.New()
	a, b := open(t, x, 0, 0), open(t, y, 0, 0)
	pool := newPool(t)
	send := func(to netdev.HardwareAddr) bool {
		f := pool.Get()
		copy(f.Append(60), to[:])
		a.TxOne(0, f)
		got, _ := b.RxOne(0)
		if got != nil {
			got.Free()
		}
		return got != nil
	}
	other := netdev.HardwareAddr{2, 9, 9, 9, 9, 9}
	group := netdev.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}
	if !send(b.HardwareAddr()) || !send(group) || send(other) {
		t.Error("address filter")
	}
	if err := b.SetPromiscuous(true); err != nil || !send(other) {
		t.Errorf("promiscuous: %v", err)
	}
	if err := b.SetPromiscuous(false); err != nil || send(other) {
		t.Errorf("no longer promiscuous: %v", err)
	}
	if err := b.SetHardwareAddr(other); err != nil || !send(other) || b.HardwareAddr() != other {
		t.Errorf("own address: %v", err)
	}
}

// A partial checksum reaches a receiver that understands it as it is, and any
// other completed.
func TestChecksum(t *testing.T) {
	for _, offloads := range []netdev.Features{netdev.Offloads, 0} {
		x, y := pipe.New()
		a, b := open(t, x, netdev.Offloads, 0), open(t, y, offloads, 0)
		f := newPool(t).Get()
		copy(f.Append(60), "\xff\xff\xff\xff\xff\xff")
		binary.BigEndian.PutUint16(f.Bytes()[40:], 0x1234)
		f.Checksum, f.CsumStart, f.CsumOffset = netbuf.ChecksumPartial, 34, 6
		a.TxOne(0, f)
		got, _ := b.RxOne(0)
		sum := binary.BigEndian.Uint16(got.Bytes()[40:])
		if offloads == 0 && (got.Checksum != netbuf.ChecksumUnknown || sum != ^uint16(0x1234)) {
			t.Errorf("%v, sum %#x", got.Checksum, sum)
		}
		if offloads != 0 && (got.Checksum != netbuf.ChecksumPartial || got.CsumStart != 34 || sum != 0x1234) {
			t.Errorf("%+v, sum %#x", got.Offload, sum)
		}
	}
}

// Receive buffers must hold the MTU.
func TestLargeMTU(t *testing.T) {
	d := open(t, pipe.Loopback(), 0, 0)
	if err := d.SetMTU(9000); !errors.Is(err, netdev.ErrConfig) || d.MTU() != 1500 {
		t.Errorf("%v, MTU %d", err, d.MTU())
	}
	if err := d.SetMTU(1900); err != nil || d.MTU() != 1900 {
		t.Errorf("%v, MTU %d", err, d.MTU())
	}
}

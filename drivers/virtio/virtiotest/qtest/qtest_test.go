package qtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/mmio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/pci"
	"yolk/drivers/virtio/rng"
	"yolk/drivers/virtio/virtiotest"
	"yolk/drivers/virtio/virtiotest/qtest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Two ports of one hub: what one device sends, the other receives.
var hub = []string{"-netdev", "hubport,id=n0,hubid=0", "-netdev", "hubport,id=n1,hubid=0"}

// overPCI brings up the device in a slot, with its message interrupts sent to a
// word of guest memory, where they can be seen.
func overPCI(t *testing.T, m *qtest.Machine, slot uint32) (virtio.Transport, *uint32) {
	t.Helper()
	mem, addr, err := m.Alloc(4, 8)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := pci.New(m.Function(slot, 0xc0000000+slot<<20), pci.Platform{
		Map:   func(phys uint64, n uint32) (virtio.Region, error) { return m.Region(phys, n), nil },
		Ports: func(port uint16, n uint32) (virtio.Region, error) { return m.Ports(port, n), nil },
		Vector: func(queue int) (uint64, uint32, bool) {
			return addr, uint32(queue + 100), queue == 0
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr, (*uint32)(unsafe.Pointer(&mem[0]))
}

// microvm has 24 slots of 512 bytes from here on, filled from the last.
const (
	mmioBase  = 0xfeb00000
	mmioSlots = 24
	mmioSize  = 512
)

// overMMIO finds the n-th device of a kind.
func overMMIO(t *testing.T, m *qtest.Machine, kind virtio.DeviceID, n int) virtio.Transport {
	t.Helper()
	for i := mmioSlots - 1; i >= 0; i-- {
		tr, err := mmio.New(m.Region(mmioBase+uint64(i)*mmioSize, mmioSize))
		if err == nil && tr.DeviceID() == kind {
			if n == 0 {
				return tr
			}
			n--
		} else if err != nil && !errors.Is(err, mmio.ErrNoDevice) && !errors.Is(err, mmio.ErrNotVirtio) {
			t.Fatal(err)
		}
	}
	t.Fatalf("no device of kind %d", kind)
	return nil
}

// open opens a network device with small rings, so that they wrap.
func open(t *testing.T, m *qtest.Machine, tr virtio.Transport) *netdev.Device {
	t.Helper()
	drv, err := virtionet.New(tr, m)
	if err != nil {
		t.Fatal(err)
	}
	drv.WaitWith(virtiotest.Nobody{})
	dev := netdev.New(drv)
	err = dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{Size: 64}, netdev.TxConfig{Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

// exchange sends count frames from a to b and checks each.
func exchange(t *testing.T, m *qtest.Machine, a, b *netdev.Device, count int) {
	t.Helper()
	pool, err := netbuf.NewPool(m, 32, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		t.Fatal(err)
	}
	var in [8]*netbuf.Buf
	deadline := time.Now().Add(20 * time.Second)
	for sent, got := 0, 0; got < count; {
		if p := pool.Get(); p != nil && sent < count && sent-got < 32 {
			copy(p.Append(60+sent%1455), content(sent))
			if a.TxOne(0, p)&netdev.Success != 0 {
				sent++
			} else {
				p.Free()
			}
		} else {
			a.TxBurst(0, nil)
		}
		n, _ := b.RxBurst(0, in[:])
		for _, p := range in[:n] {
			if want := content(got)[:60+got%1455]; !bytes.Equal(p.Bytes(), want) {
				t.Fatalf("frame %d: %d bytes, want %d", got, p.Len(), len(want))
			}
			p.Free()
			got++
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sent, %d received; %+v %+v", sent, got, a.Stats(), b.Stats())
		}
	}
}

// content is a broadcast frame that differs by number.
func content(n int) []byte {
	f := bytes.Repeat([]byte{byte(n), byte(n >> 8), 0x5a}, 512)
	copy(f, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5")
	return f
}

func TestNetPCI(t *testing.T) {
	m := qtest.Start(t, "q35", append(hub,
		"-device", "virtio-net-pci,addr=2,netdev=n0,mac=52:54:00:12:34:56,disable-legacy=on",
		"-device", "virtio-net-pci,addr=3,netdev=n1,host_mtu=1400")...)
	ta, _ := overPCI(t, m, 2)
	tb, irq := overPCI(t, m, 3) // transitional
	a, b := open(t, m, ta), open(t, m, tb)
	if got := a.HardwareAddr().String(); got != "52:54:00:12:34:56" {
		t.Error(got)
	}
	if a.Link() != netdev.LinkUp || b.MTU() != 1400 {
		t.Errorf("link %v, MTU %d", a.Link(), b.MTU())
	}
	// QEMU signals the first use of a queue whatever the driver asked for.
	exchange(t, m, a, b, 1)
	waitFor(t, "the first message", func() bool { return atomic.SwapUint32(irq, 0) == 100 })
	exchange(t, m, a, b, 2000)
	if n := atomic.LoadUint32(irq); n != 0 {
		t.Errorf("message %d though the interrupt is off", n)
	}
	if pending, err := b.EnableInterrupt(0); pending || err != nil {
		t.Error("packets left over", err)
	}
	if send(t, m, a) != 1 {
		t.Error("not sent")
	}
	waitFor(t, "the interrupt", func() bool { return atomic.LoadUint32(irq) == 100 })
	exchangeRest(t, b, 1)
	if s := a.Stats(); s.DeviceErrors+s.TxErrors != 0 || s.Kicks > 2001 {
		t.Errorf("%+v", s)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

func TestNetMMIO(t *testing.T) {
	m := qtest.Start(t, "microvm", append(hub, "-global", "virtio-mmio.force-legacy=false",
		"-device", "virtio-net-device,netdev=n0", "-device", "virtio-net-device,netdev=n1")...)
	a, b := open(t, m, overMMIO(t, m, virtio.IDNet, 0)), open(t, m, overMMIO(t, m, virtio.IDNet, 1))
	exchange(t, m, a, b, 1000)
	exchange(t, m, b, a, 1000)
}

func TestLegacyMMIO(t *testing.T) {
	m := qtest.Start(t, "microvm", append(hub, "-global", "virtio-mmio.force-legacy=true",
		"-device", "virtio-net-device,netdev=n0", "-device", "virtio-net-device,netdev=n1,any_layout=off,mrg_rxbuf=off")...)
	ta, tb := overMMIO(t, m, virtio.IDNet, 0), overMMIO(t, m, virtio.IDNet, 1)
	if !ta.Legacy() || !tb.Legacy() {
		t.Fatal("not legacy devices")
	}
	a, b := open(t, m, ta), open(t, m, tb)
	exchange(t, m, a, b, 500)
	exchange(t, m, b, a, 500)
}

func TestLegacyPCI(t *testing.T) {
	m := qtest.Start(t, "q35", append(hub, "-device", "virtio-net-pci,addr=2,netdev=n0,disable-modern=on,disable-legacy=off",
		"-device", "virtio-net-pci,addr=3,netdev=n1,disable-modern=on,disable-legacy=off,mrg_rxbuf=off")...)
	ta, irq := overPCI(t, m, 2)
	tb, _ := overPCI(t, m, 3)
	if !ta.Legacy() {
		t.Fatal("not a legacy device")
	}
	a, b := open(t, m, ta), open(t, m, tb)
	if a.Link() != netdev.LinkUp {
		t.Errorf("link %v", a.Link())
	}
	exchange(t, m, b, a, 500)
	exchange(t, m, a, b, 500)
	if atomic.LoadUint32(irq) != 100 {
		t.Error("no message for the first use of the queue")
	}
}

func TestPacked(t *testing.T) {
	m := qtest.Start(t, "q35", append(hub, "-device", "virtio-net-pci,addr=2,netdev=n0,packed=on",
		"-device", "virtio-net-pci,addr=3,netdev=n1,packed=on,event_idx=off")...)
	ta, _ := overPCI(t, m, 2)
	tb, irq := overPCI(t, m, 3)
	a, b := open(t, m, ta), open(t, m, tb)
	exchange(t, m, a, b, 1000)
	exchange(t, m, b, a, 1000)
	for _, dev := range []*netdev.Device{a, b} {
		if s := dev.Stats(); s.DeviceErrors+s.TxErrors+s.RxErrors != 0 {
			t.Errorf("%+v", s)
		}
	}
	atomic.StoreUint32(irq, 0)
	if pending, err := b.EnableInterrupt(0); pending || err != nil {
		t.Error("packets left over", err)
	}
	send(t, m, a)
	waitFor(t, "the interrupt", func() bool { return atomic.LoadUint32(irq) == 100 })
	exchangeRest(t, b, 1)
}

func TestRng(t *testing.T) {
	m := qtest.Start(t, "q35", "-device", "virtio-rng-pci,addr=2")
	tr, _ := overPCI(t, m, 2)
	r, err := rng.New(tr, m)
	if err != nil {
		t.Fatal(err)
	}
	var a, b [300]byte
	for _, p := range [][]byte{a[:], b[:]} {
		if n, err := r.Read(p); n != len(p) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if a == b || bytes.Count(a[:], []byte{0}) > 30 {
		t.Error("not random")
	}
}

// send sends one frame.
func send(t *testing.T, m *qtest.Machine, dev *netdev.Device) int {
	t.Helper()
	pool, err := netbuf.NewPool(m, 1, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		t.Fatal(err)
	}
	p := pool.Get()
	copy(p.Append(60), content(1))
	n, _ := dev.TxBurst(0, []*netbuf.Buf{p})
	return n
}

// exchangeRest receives exactly n frames.
func exchangeRest(t *testing.T, dev *netdev.Device, n int) {
	t.Helper()
	var in [8]*netbuf.Buf
	waitFor(t, fmt.Sprintf("%d frames", n), func() bool {
		got, _ := dev.RxBurst(0, in[:])
		netbuf.FreeBurst(in[:got])
		n -= got
		return n == 0
	})
}

// waitFor polls for a condition that QEMU brings about.
func waitFor(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

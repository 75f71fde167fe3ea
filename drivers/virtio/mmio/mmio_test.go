package mmio_test

import (
	"errors"
	"testing"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/console"
	"yolk/drivers/virtio/mmio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/rng"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(m *virtiotest.MMIO)
		want  error
	}{
		"magic":   {func(m *virtiotest.MMIO) { m.Magic = 0 }, mmio.ErrNotVirtio},
		"version": {func(m *virtiotest.MMIO) { m.Version = 3 }, mmio.ErrVersion},
		"empty":   {func(m *virtiotest.MMIO) { m.Kind = 0 }, mmio.ErrNoDevice},
	} {
		m := virtiotest.NewMMIO(&virtiotest.NewNet(virtiotest.NewMemory(4096), 1, 0).Device)
		c.spoil(m)
		if _, err := mmio.New(m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := mmio.New(virtiotest.Bytes(make([]byte, 16))); !errors.Is(err, mmio.ErrNotVirtio) {
		t.Errorf("short window: %v", err)
	}
}

// A network driver comes up over the registers and its packets pass.
func TestNetOverMMIO(t *testing.T) {
	mem := virtiotest.NewMemory(4 << 20)
	fake := virtiotest.NewNet(mem, 5, virtio.FeatureEventIdx|1<<15)
	tr, err := mmio.New(virtiotest.NewMMIO(&fake.Device))
	if err != nil {
		t.Fatal(err)
	}
	drv, err := virtionet.New(tr, mem)
	if err != nil {
		t.Fatal(err)
	}
	dev := netdev.New(drv)
	if err := dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	if got := dev.HardwareAddr().String(); got != "52:54:00:00:00:05" {
		t.Error(got)
	}
	if got, want := fake.Accepted(), virtio.FeatureVersion1|virtio.FeatureEventIdx|1<<15|1<<16|1<<5|1<<3; got != want {
		t.Errorf("accepted %#x, want %#x", got, want)
	}
	kicks := 0
	fake.OnNotify = func(queue int) { kicks += queue }
	fake.Queue(1).EnableKick()
	pool, err := netbuf.NewPool(mem, 1, 2048, 64)
	if err != nil {
		t.Fatal(err)
	}
	b := pool.Get()
	b.Append(60)
	if dev.TxOne(0, b)&netdev.Success == 0 || kicks != 1 || fake.Sent(9, func([]byte) {}) != 1 {
		t.Errorf("not sent, %d kicks", kicks)
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestQueueErrors(t *testing.T) {
	fake := virtiotest.NewNet(virtiotest.NewMemory(1<<16), 5, 0)
	tr, _ := mmio.New(virtiotest.NewMMIO(&fake.Device))
	virtio.Begin(tr)
	virtio.Accept(tr, virtio.FeatureVersion1)
	a := virtio.QueueAddresses{Descriptors: 1 << 32, Driver: 1<<32 + 256, Device: 1<<32 + 512}
	if err := tr.SetupQueue(2, 4, a); !errors.Is(err, virtio.ErrNoQueue) {
		t.Errorf("missing queue: %v", err)
	}
	if err := tr.SetupQueue(0, 512, a); !errors.Is(err, virtio.ErrNoQueue) {
		t.Errorf("queue too large: %v", err)
	}
	if err := tr.SetupQueue(0, 4, a); err != nil {
		t.Error(err)
	}
	if err := tr.SetupQueue(0, 4, a); !errors.Is(err, mmio.ErrInUse) {
		t.Errorf("queue in use: %v", err)
	}
}

// A device whose queue is too small for the least ring, and memory too small for
// ring and buffer, are errors; what had been allocated by then is free again.
func TestBringUpGivesBack(t *testing.T) {
	for _, c := range []struct {
		kind  virtio.DeviceID
		queue int // virtqueues beside the one that the driver uses
		open  func(tr virtio.Transport, mem virtio.Memory) error
	}{
		{virtio.IDRng, 0, func(tr virtio.Transport, mem virtio.Memory) error { _, err := rng.New(tr, mem); return err }},
		{virtio.IDConsole, 1, func(tr virtio.Transport, mem virtio.Memory) error { _, err := console.New(tr, mem, nil); return err }},
	} {
		for _, lack := range []struct {
			size, memory int
			want         error
		}{{1, 1 << 20, virtio.ErrNoQueue}, {0, 1 << 20, virtio.ErrNoQueue}, {8, 200, virtiotest.ErrExhausted}, {8, 8, virtiotest.ErrExhausted}} {
			mem := virtiotest.NewMemory(lack.memory)
			sizes := append(make([]int, c.queue), lack.size)
			tr, err := mmio.New(virtiotest.NewMMIO(&virtiotest.Device{Kind: c.kind, Features: virtio.FeatureVersion1, Sizes: sizes, Mem: mem}))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.open(tr, mem); !errors.Is(err, lack.want) || mem.Live() != 0 {
				t.Errorf("kind %d, %+v: %v, %d bytes lost", c.kind, lack, err, mem.Live())
			}
		}
	}
}

func TestAcknowledge(t *testing.T) {
	fake := virtiotest.NewNet(virtiotest.NewMemory(4096), 5, 0)
	tr, _ := mmio.New(virtiotest.NewMMIO(&fake.Device))
	for _, causes := range []virtio.Interrupt{0, virtio.InterruptQueue, virtio.InterruptConfig, virtio.InterruptQueue | virtio.InterruptConfig} {
		fake.Raise(causes)
		tr.Acknowledge()
		if got := fake.TakeCauses(); got != 0 {
			t.Errorf("of %#x %#x is left after acknowledging", causes, got)
		}
	}
}

func TestResetTimeout(t *testing.T) {
	t.Parallel()
	fake := virtiotest.NewNet(virtiotest.NewMemory(4096), 5, 0)
	fake.Hang = true
	tr, _ := mmio.New(virtiotest.NewMMIO(&fake.Device))
	if err := tr.Reset(); !errors.Is(err, virtio.ErrReset) {
		t.Error(err)
	}
}

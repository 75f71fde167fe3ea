package pci_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/pci"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

func function() (*virtiotest.PCI, *virtiotest.Net, *virtiotest.Memory) {
	mem := virtiotest.NewMemory(4 << 20)
	fake := virtiotest.NewNet(mem, 7, virtio.FeatureEventIdx|1<<15)
	return virtiotest.NewPCI(&fake.Device), fake, mem
}

// vectors gives queue n the message n+100 and the configuration 99.
func vectors(queue int) (addr uint64, data uint32, ok bool) {
	return 0xfee01000, uint32(queue + 100), true
}

// A network driver comes up over the registers with message interrupts, and its
// packets pass.
func TestNetOverPCI(t *testing.T) {
	p, fake, mem := function()
	tr, err := pci.New(p, pci.Platform{Map: p.Map, Vector: vectors})
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
	if command := p.Read32(4) & 0xffff; command != 1<<0|1<<1|1<<2|1<<10 {
		t.Errorf("command %#x", command)
	}
	if control := p.Read32(0x40) >> 16; control != 1<<15|15 || !tr.MSIX() {
		t.Errorf("MSI-X control %#x", control)
	}
	for queue := range 2 {
		entry := p.Table[16*p.Vector(queue):]
		addr, data := binary.LittleEndian.Uint64(entry), binary.LittleEndian.Uint32(entry[8:])
		if addr != 0xfee01000 || data != uint32(queue+100) || entry[12] != 0 {
			t.Errorf("queue %d: entry % x", queue, entry[:16])
		}
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
}

func TestLineInterrupt(t *testing.T) {
	p, fake, _ := function()
	tr, err := pci.New(p, pci.Platform{Map: p.Map})
	if err != nil {
		t.Fatal(err)
	}
	fake.Raise(virtio.InterruptQueue)
	if tr.Acknowledge(); fake.TakeCauses() != 0 || tr.MSIX() {
		t.Error("a cause is left after acknowledging")
	}
	if command := p.Read32(4) & 0xffff; command != 1<<0|1<<1|1<<2 {
		t.Errorf("command %#x", command)
	}
}

// Whatever nonsense configuration space holds, New returns the error that says
// what is wrong.
func TestNewRefuses(t *testing.T) {
	put := func(p *virtiotest.PCI, off int, v uint32) { binary.LittleEndian.PutUint32(p.Config[off:], v) }
	for name, c := range map[string]struct {
		spoil func(p *virtiotest.PCI)
		want  error
	}{
		"other vendor":       {func(p *virtiotest.PCI) { put(p, 0, 0x10418086) }, pci.ErrNotVirtio},
		"absent":             {func(p *virtiotest.PCI) { put(p, 0, 0xffffffff) }, pci.ErrNotVirtio},
		"bridge header":      {func(p *virtiotest.PCI) { p.Config[0x0e] = 1 }, pci.ErrNotVirtio},
		"no capabilities":    {func(p *virtiotest.PCI) { put(p, 4, 0) }, pci.ErrLegacy},
		"empty list":         {func(p *virtiotest.PCI) { p.Config[0x34] = 0 }, pci.ErrLegacy},
		"list in header":     {func(p *virtiotest.PCI) { p.Config[0x34] = 0x20 }, pci.ErrCapability},
		"list in a circle":   {func(p *virtiotest.PCI) { p.Config[0x99] = 0x40 }, pci.ErrCapability},
		"points to itself":   {func(p *virtiotest.PCI) { p.Config[0x51] = 0x50 }, pci.ErrCapability},
		"capability short":   {func(p *virtiotest.PCI) { p.Config[0x52] = 8 }, pci.ErrCapability},
		"capability at end":  {func(p *virtiotest.PCI) { p.Config[0x41] = 0xfc; p.Config[0xfc] = 9; p.Config[0xfe] = 16 }, pci.ErrCapability},
		"no common":          {func(p *virtiotest.PCI) { p.Config[0x53] = 77 }, pci.ErrCapability},
		"no ISR":             {func(p *virtiotest.PCI) { p.Config[0x7b] = 77 }, pci.ErrCapability},
		"common too small":   {func(p *virtiotest.PCI) { put(p, 0x5c, 0x37) }, pci.ErrCapability},
		"common misaligned":  {func(p *virtiotest.PCI) { put(p, 0x58, 2) }, pci.ErrCapability},
		"size enormous":      {func(p *virtiotest.PCI) { put(p, 0x6c, 0xfffffff0) }, pci.ErrCapability},
		"offset enormous":    {func(p *virtiotest.PCI) { put(p, 0x68, 0xfffffffc) }, pci.ErrCapability},
		"BAR 6":              {func(p *virtiotest.PCI) { p.Config[0x54] = 6 }, pci.ErrBAR},
		"BAR is ports":       {func(p *virtiotest.PCI) { put(p, 0x20, 0xc001) }, pci.ErrBAR},
		"BAR unassigned":     {func(p *virtiotest.PCI) { put(p, 0x20, 0xc); put(p, 0x24, 0) }, pci.ErrBAR},
		"BAR reserved type":  {func(p *virtiotest.PCI) { put(p, 0x20, 0xe) }, pci.ErrBAR},
		"64-bit BAR 5":       {func(p *virtiotest.PCI) { put(p, 0x24, 0xc); p.Config[0x54] = 5 }, pci.ErrBAR},
		"MSI-X table no BAR": {func(p *virtiotest.PCI) { p.Config[0x44] = 7 }, pci.ErrBAR},
		"MSI-X table far":    {func(p *virtiotest.PCI) { put(p, 0x44, 0xfffffff4) }, pci.ErrCapability},
	} {
		p, _, _ := function()
		c.spoil(p)
		if _, err := pci.New(p, pci.Platform{Map: p.Map, Vector: vectors}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestVectorRefused(t *testing.T) {
	p, _, mem := function()
	p.Refuse = true
	tr, err := pci.New(p, pci.Platform{Map: p.Map, Vector: vectors})
	if err != nil {
		t.Fatal(err)
	}
	drv, _ := virtionet.New(tr, mem)
	if err := netdev.New(drv).Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); !errors.Is(err, pci.ErrVector) {
		t.Errorf("%v", err)
	}
}

// A doorbell outside the notification structure must not be rung.
func TestDoorbellOutside(t *testing.T) {
	p, _, mem := function()
	binary.LittleEndian.PutUint32(p.Config[0x70:], 0x1000)
	tr, err := pci.New(p, pci.Platform{Map: p.Map})
	if err != nil {
		t.Fatal(err)
	}
	drv, _ := virtionet.New(tr, mem)
	if err := netdev.New(drv).Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); !errors.Is(err, pci.ErrCapability) {
		t.Errorf("%v", err)
	}
}

func TestConfigInterrupt(t *testing.T) {
	p, _, _ := function()
	tr, _ := pci.New(p, pci.Platform{Map: p.Map, Vector: vectors})
	if err := tr.SetupConfigInterrupt(); err != nil || p.Vector(virtio.ConfigVector) != 0 || p.Table[8] != 99 {
		t.Errorf("%v, vector %d, entry % x", err, p.Vector(virtio.ConfigVector), p.Table[:16])
	}
}

// FuzzConfigSpace lets the device put anything in its configuration space.
func FuzzConfigSpace(f *testing.F) {
	p, _, _ := function()
	f.Add(p.Config[:])
	f.Fuzz(func(t *testing.T, config []byte) {
		p, _, _ := function()
		copy(p.Config[:], config)
		quiet := quietSpace{p}
		tr, err := pci.New(quiet, pci.Platform{Vector: vectors, Map: func(phys uint64, n uint32) (virtio.Region, error) {
			return make(virtiotest.Bytes, n), nil
		}})
		if err == nil {
			virtio.Begin(tr)
			tr.MaxQueueSize(0)
			tr.SetupQueue(0, 0, virtio.QueueAddresses{})
		}
	})
}

// quietSpace ignores writes.
type quietSpace struct{ *virtiotest.PCI }

func (quietSpace) Write32(off, v uint32) {}

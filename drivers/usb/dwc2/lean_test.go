package dwc2_test

import (
	"sync/atomic"
	"testing"
	"time"

	"yolk/drivers/usb"
	"yolk/drivers/usb/dwc2"
	"yolk/drivers/usb/dwc2/dwc2test"
	"yolk/drivers/usb/usbtest"
)

// An instant is a core that, once fast is set, does what a channel is enabled for at
// once, without looking at it.
type instant struct {
	*dwc2test.Core
	fast atomic.Bool
	regs [0x600 / 4]uint32 // while it is fast
}

const gintsts, haint, channels, channelsEnd = 0x14, 0x414, 0x500, 0x600

func (i *instant) Read32(off uint32) uint32 {
	if i.fast.Load() && (off == gintsts || off == haint || off >= channels && off < channelsEnd) {
		return i.regs[off/4]
	}
	return i.Core.Read32(off)
}

func (i *instant) Write32(off, v uint32) {
	if !i.fast.Load() || off < channels || off >= channelsEnd {
		i.Core.Write32(off, v)
		return
	}
	const char, causes, sizes, stride = 0x00, 0x08, 0x10, 0x20
	base := off &^ (stride - 1)
	switch off - base {
	case causes:
		i.causes(base, i.regs[off/4]&^v)
	case char:
		if v>>31 != 0 {
			i.regs[(base+sizes)/4] &= 3 << 29
			i.causes(base, 1<<0|1<<1|1<<5)
			i.Fire()
		}
	default:
		i.regs[off/4] = v
	}
}

// causes sets a channel's HCINT, and what follows from it.
func (i *instant) causes(base, v uint32) {
	i.regs[(base+0x08)/4] = v
	bit := uint32(1) << ((base - channels) / 0x20)
	i.regs[haint/4] &^= bit
	if v != 0 {
		i.regs[haint/4] |= bit
	}
	i.regs[gintsts/4] = 1
	if i.regs[haint/4] != 0 {
		i.regs[gintsts/4] |= 1 << 25
	}
}

// pump returns a pipe to a device of which nothing but its answers is real, and a
// transfer for it.
func pump(t testing.TB) (p *usb.Pipe, x *usb.Transfer) {
	attached, detached = make(chan *usb.Device), make(chan *usb.Device, 1)
	bus, mem := usbtest.NewBus(1), dwc2test.NewMemory(1<<20)
	i := &instant{Core: dwc2test.New(t, bus, mem)}
	c := dwc2.New(dwc2.Config{Regs: i, Interrupt: i, Flush: mem.Flush, Bus: alias})
	h := usb.NewHost(c, mem, nil)
	if err := h.Start(); err != nil {
		t.Fatal(err)
	}
	dev, _ := usbtest.NewLoopback(usb.High)
	bus.Plug(1, dev)
	d := <-attached
	p, err := d.Open(d.Config().Interfaces[0].Alternates[0].Endpoints[1])
	if err != nil {
		t.Fatal(err)
	}
	x = &usb.Transfer{Timeout: time.Hour}
	if x.Data, x.Addr, err = mem.Alloc(64, usb.Align); err != nil {
		t.Fatal(err)
	}
	i.fast.Store(true)
	t.Cleanup(func() {
		i.fast.Store(false)
		h.Close()
	})
	return p, x
}

// TestNoAllocation: a transfer, from Submit to its end, costs no memory.
func TestNoAllocation(t *testing.T) {
	p, x := pump(t)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := p.Do(x); err != nil {
			t.Fatal(err)
		}
	}); n >= 1 {
		t.Errorf("%v allocations a transfer", n)
	}
}

// BenchmarkTransfer is what a transfer costs the processor besides its registers and
// cache lines, two goroutine switches included.
func BenchmarkTransfer(b *testing.B) {
	p, x := pump(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Do(x); err != nil {
			b.Fatal(err)
		}
	}
}

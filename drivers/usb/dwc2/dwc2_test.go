package dwc2_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yolk/drivers/usb"
	"yolk/drivers/usb/dwc2"
	"yolk/drivers/usb/dwc2/dwc2test"
	_ "yolk/drivers/usb/hub"
	"yolk/drivers/usb/usbtest"
)

var attached, detached chan *usb.Device

type binding struct{ d *usb.Device }

func (b binding) Detach() { detached <- b.d }

func init() {
	usb.Register(&usb.Driver{
		Name:  "test",
		Match: []usb.Match{usb.ByProduct(usbtest.LoopbackVendor, usbtest.LoopbackProduct), usb.ByClass(3, 1, 1)},
		Attach: func(d *usb.Device, i *usb.Interface) (usb.Binding, error) {
			attached <- d
			return binding{d}, nil
		},
	})
}

// A bench is a host over the driver over the model, in a bubble of virtual time.
type bench struct {
	*testing.T
	bus  *usbtest.Bus
	mem  *dwc2test.Memory
	core *dwc2test.Core
	ctrl *dwc2.Controller
	host *usb.Host
}

// alias is the chip's way around VideoCore's cache.
func alias(pa uint64) uint32 { return uint32(pa) | 0xc0000000 }

func start(t *testing.T) *bench {
	attached, detached = make(chan *usb.Device), make(chan *usb.Device)
	b := &bench{T: t, bus: usbtest.NewBus(1), mem: dwc2test.NewMemory(4 << 20)}
	b.core = dwc2test.New(t, b.bus, b.mem)
	b.ctrl = dwc2.New(dwc2.Config{
		Regs: b.core, Interrupt: b.core, Flush: b.mem.Flush, Bus: alias,
	})
	b.host = usb.NewHost(b.ctrl, b.mem, t.Logf)
	if err := b.host.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

func bubble(t *testing.T, f func(b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t)
		f(b)
		b.host.Close()
		if b.mem.Live() != 0 {
			t.Errorf("%d bytes are not freed", b.mem.Live())
		}
	})
}

// unplug pulls everything, and waits until the driver is detached.
func (b *bench) unplug() {
	b.bus.Unplug(1)
	<-detached
}

// A link is a loopback's pipes, and buffers.
type link struct {
	b       *bench
	d       *usb.Device
	dev     *usbtest.Device
	loop    *usbtest.Loopback
	in, out *usb.Pipe
	tx, rx  usb.Transfer
	packet  int
	notify  *usb.Pipe
}

// plug plugs a loopback of a speed in by f, and opens its pipes.
func (b *bench) plug(s usb.Speed, f func(*usbtest.Device)) *link {
	b.Helper()
	l := &link{b: b}
	l.dev, l.loop = usbtest.NewLoopback(s)
	f(l.dev)
	l.d = <-attached
	e := l.d.Config().Interfaces[0].Alternates[0].Endpoints
	l.packet = int(e[0].MaxPacket)
	for i, p := range []**usb.Pipe{&l.in, &l.out, &l.notify} {
		var err error
		if *p, err = l.d.Open(e[i]); err != nil {
			b.Fatal(err)
		}
	}
	for _, t := range []*usb.Transfer{&l.tx, &l.rx} {
		t.Data, t.Addr = b.alloc(usb.MaxTransfer)
	}
	return l
}

func (b *bench) alloc(n int) ([]byte, uint64) {
	b.Helper()
	data, addr, err := b.mem.Alloc(n, usb.Align)
	if err != nil {
		b.Fatal(err)
	}
	return data, addr
}

func (b *bench) root(d *usbtest.Device) { b.bus.Plug(1, d) }

// end pulls the device and frees the buffers.
func (l *link) end() {
	l.b.unplug()
	for _, t := range []*usb.Transfer{&l.tx, &l.rx} {
		data := t.Data[:cap(t.Data)]
		l.b.mem.Free(data, t.Addr)
	}
}

// echo sends n bytes and receives them.
func (l *link) echo(n int) error {
	l.tx.Data, l.rx.Data = l.tx.Data[:n], l.rx.Data[:usb.MaxTransfer]
	for i := range l.tx.Data {
		l.tx.Data[i] = byte(rand.Uint32())
	}
	for i := range l.rx.Data {
		l.rx.Data[i] = 0x55 // in the cache, and not to be written back over what comes
	}
	l.tx.ZeroPacket = n < usb.MaxTransfer
	l.tx.Timeout, l.rx.Timeout = time.Second, time.Second
	if m, err := l.out.Do(&l.tx); err != nil || m != n {
		return fmt.Errorf("%d of %d bytes sent: %w", m, n, err)
	}
	if m, err := l.in.Do(&l.rx); err != nil || m != n {
		return fmt.Errorf("%d of %d bytes received: %w", m, n, err)
	}
	if !bytes.Equal(l.tx.Data, l.rx.Data[:n]) {
		return errors.New("other bytes came back")
	}
	return nil
}

// TestBulk moves transfers of all lengths that matter both ways, at the speeds and
// places that there are; at full speed the longest need several programmings.
func TestBulk(t *testing.T) {
	for _, c := range []struct {
		name  string
		speed usb.Speed
		hub   usb.Speed // Low: none
	}{
		{"high", usb.High, usb.Low}, {"full", usb.Full, usb.Low},
		{"high behind a hub", usb.High, usb.High}, {"split", usb.Full, usb.High},
		{"full behind a full-speed hub", usb.Full, usb.Full},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(b *bench) {
				plug := b.root
				if c.hub != usb.Low {
					hub, ports := usbtest.NewHub(c.hub, 4)
					plug = func(d *usbtest.Device) {
						ports.Plug(2, d)
						b.root(hub)
					}
				}
				l := b.plug(c.speed, plug)
				if l.d.Speed() != c.speed {
					t.Errorf("%v at %v", l.d, l.d.Speed())
				}
				for _, n := range []int{0, 1, 2, 3, 4, 63, 64, 65, 511, 512, 513, 1024, 1536, 4095, 65472, 65473, usb.MaxTransfer} {
					if err := l.echo(n); err != nil {
						t.Errorf("%d bytes: %v", n, err)
					}
				}
				l.end()
			})
		})
	}
}

// TestSplitsEarly has the translator say that it is too early, more and less often.
func TestSplitsEarly(t *testing.T) {
	bubble(t, func(b *bench) {
		hub, ports := usbtest.NewHub(usb.High, 4)
		l := b.plug(usb.Full, func(d *usbtest.Device) {
			ports.Plug(4, d)
			b.root(hub)
		})
		for early := range 20 {
			b.core.Lock()
			b.core.Early = early
			b.core.Unlock()
			at := time.Now()
			if err := l.echo(100); err != nil {
				t.Errorf("%d times too early: %v", early, err)
			}
			// Beyond a few the translator is given a frame each time.
			if took := time.Since(at); took < time.Duration(early-3)*time.Millisecond {
				t.Errorf("%d times too early within %v", early, took)
			}
		}
		l.end()
	})
}

// TestFaults spoils transactions, once to three times in a row, in turns of all kinds.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil dwc2test.Spoil
		times int
		err   error
	}{
		{"one lost", dwc2test.Lost, 1, nil},
		{"two lost", dwc2test.Lost, 2, nil},
		{"three lost", dwc2test.Lost, 3, usb.ErrTransaction},
		{"an answer lost", dwc2test.AnswerLost, 1, nil},
		{"two answers lost", dwc2test.AnswerLost, 2, nil},
		{"babble", dwc2test.TooMuch, 1, usb.ErrBabble},
	} {
		for _, address := range []uint8{0x81, 0x02} {
			if c.spoil == dwc2test.TooMuch && address == 2 {
				continue // devices do not babble when they are sent something
			}
			t.Run(fmt.Sprintf("%s at %#x", c.name, address), func(t *testing.T) {
				bubble(t, func(b *bench) {
					l := b.plug(usb.High, b.root)
					seen := 0
					b.core.Lock()
					b.core.Fault = func(_ *usbtest.Device, ep uint8, _ []byte) dwc2test.Spoil {
						if ep != address {
							return dwc2test.Fine
						}
						// The second packet of a transfer, so that the first must not come again.
						if seen++; seen < 2 || seen >= 2+c.times {
							return dwc2test.Fine
						}
						return c.spoil
					}
					b.core.Unlock()
					err := l.echo(2000)
					if !errors.Is(err, c.err) || err != nil && c.err == nil {
						t.Errorf("%v instead of %v", err, c.err)
					}
					if c.err != nil {
						p := map[uint8]*usb.Pipe{0x81: l.in, 2: l.out}[address]
						if err := p.ClearHalt(); err != nil {
							t.Error(err)
						}
						l.loop.Reset()
						if err := l.echo(2000); err != nil {
							t.Errorf("after ClearHalt: %v", err)
						}
					}
					l.end()
				})
			})
		}
	}
}

// TestFaultsApart spoils every second transaction: as long as each comes through in the
// end, so does the transfer.
func TestFaultsApart(t *testing.T) {
	bubble(t, func(b *bench) {
		l := b.plug(usb.High, b.root)
		seen := 0
		b.core.Lock()
		b.core.Fault = func(_ *usbtest.Device, ep uint8, _ []byte) dwc2test.Spoil {
			if seen++; ep&0x7f == 0 || seen%2 == 0 {
				return dwc2test.Fine
			}
			return dwc2test.Lost
		}
		b.core.Unlock()
		if err := l.echo(8000); err != nil {
			t.Error(err)
		}
		if n := b.ctrl.Stats().Errors; n < 30 {
			t.Errorf("%d errors are counted", n)
		}
		l.end()
	})
}

// TestControlFaults spoils each transaction of an enumeration in turn, which must go well
// all the same, until there are no more.
func TestControlFaults(t *testing.T) {
	for n, over := 1, false; !over; n++ {
		bubble(t, func(b *bench) {
			seen := 0
			b.core.Fault = func(_ *usbtest.Device, ep uint8, _ []byte) dwc2test.Spoil {
				if seen++; seen != n {
					return dwc2test.Fine
				}
				return []dwc2test.Spoil{dwc2test.Lost, dwc2test.AnswerLost}[n%2]
			}
			hub, ports := usbtest.NewHub(usb.High, 1)
			l := b.plug(usb.Full, func(d *usbtest.Device) {
				ports.Plug(1, d)
				b.root(hub)
			})
			b.core.Lock()
			over = seen < n
			b.core.Unlock()
			if l.d.Place() != "1.1" {
				t.Errorf("fault %d: %v", n, l.d)
			}
			l.end()
		})
		if n > 500 {
			t.Fatal("an enumeration of 500 transactions")
		}
	}
}

// TestInterrupt counts how often an interrupt endpoint is asked, at each speed, and that
// what it says is heard.
func TestInterrupt(t *testing.T) {
	for _, c := range []struct {
		speed usb.Speed
		hub   bool
		every time.Duration
	}{
		{usb.High, false, time.Millisecond},
		{usb.Full, false, 4 * time.Millisecond},
		{usb.Full, true, 4 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%v hub %v", c.speed, c.hub), func(t *testing.T) {
			bubble(t, func(b *bench) {
				plug := b.root
				if c.hub {
					hub, ports := usbtest.NewHub(usb.High, 4)
					plug = func(d *usbtest.Device) {
						ports.Plug(1, d)
						b.root(hub)
					}
				}
				l := b.plug(c.speed, plug)
				var asked atomic.Int64
				b.core.Lock()
				b.core.Fault = func(d *usbtest.Device, ep uint8, _ []byte) dwc2test.Spoil {
					if d == l.dev && ep == 0x83 {
						asked.Add(1)
					}
					return dwc2test.Fine
				}
				b.core.Unlock()
				l.rx.Data = l.rx.Data[:8]
				heard := make(chan byte)
				l.rx.Done = func(t *usb.Transfer) { go func() { heard <- t.Data[0] }() }
				if err := l.notify.Submit(&l.rx); err != nil {
					t.Fatal(err)
				}
				time.Sleep(400 * time.Millisecond)
				if n, want := asked.Load(), int64(400*time.Millisecond/c.every); n < want*8/10 || n > want+1 {
					t.Errorf("asked %d times in 400 ms; %d are to be expected", n, want)
				}
				l.tx.Data = l.tx.Data[:1]
				if _, err := l.out.Do(&l.tx); err != nil {
					t.Fatal(err)
				}
				if n := <-heard; n != 1 {
					t.Errorf("%d packets are told of", n)
				}
				l.end()
			})
		})
	}
}

// A keyboard is a low-speed device that has something to say each time it is asked.
type keyboard struct{ asked atomic.Int64 }

func (*keyboard) Control(usb.Setup, []byte) (int, bool)       { return 0, false }
func (*keyboard) Out(uint8, []byte) usbtest.Handshake         { return usbtest.STALL }
func (*keyboard) Reset()                                      {}
func (k *keyboard) In(uint8, []byte) (int, usbtest.Handshake) { k.asked.Add(1); return 8, usbtest.ACK }

// TestLowSpeed asks a keyboard as often as it may be, wherever it is plugged in.
func TestLowSpeed(t *testing.T) {
	const every = 8
	for name, hub := range map[string]usb.Speed{"root": usb.Low, "full-speed hub": usb.Full, "high-speed hub": usb.High} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(b *bench) {
				k := &keyboard{}
				dev := &usbtest.Device{
					Speed: usb.Low, Function: k, Descriptor: usbtest.DeviceDescriptor(1, 2, 0, 8),
					Configs: [][]byte{usbtest.ConfigDescriptor(1, usbtest.InterfaceDescriptor(0, 0, 1, 3, 1, 1),
						usbtest.EndpointDescriptor(0x81, usb.Interrupt, 8, every))},
				}
				if hub == usb.Low {
					b.root(dev)
				} else {
					h, ports := usbtest.NewHub(hub, 4)
					ports.Plug(3, dev)
					b.root(h)
				}
				d := <-attached
				p, err := d.Open(d.Config().Interfaces[0].Alternates[0].Endpoints[0])
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(600 * time.Microsecond) // not at the beginning of a frame
				x := usb.Transfer{Done: func(x *usb.Transfer) { p.Submit(x) }}
				x.Data, x.Addr = b.alloc(8)
				if err := p.Submit(&x); err != nil {
					t.Fatal(err)
				}
				time.Sleep(800 * time.Millisecond)
				if n := k.asked.Load(); n < 800/every*8/10 || n > 800/every+1 {
					t.Errorf("asked %d times in 800 ms, at most every %d", n, every)
				}
				b.unplug()
				b.mem.Free(x.Data, x.Addr)
			})
		})
	}
}

// TestIdle: a bulk IN that waits for data costs no interrupts.
func TestIdle(t *testing.T) {
	bubble(t, func(b *bench) {
		l := b.plug(usb.High, b.root)
		if err := l.in.Submit(&l.rx); err != nil {
			t.Fatal(err)
		}
		before := b.ctrl.Stats().Halts
		time.Sleep(time.Minute)
		if n := b.ctrl.Stats().Halts - before; n != 0 || b.core.Busy() != 1 {
			t.Errorf("%d interrupts in an idle minute, %d channels busy", n, b.core.Busy())
		}
		l.end()
	})
}

// TestCancel halts channels, and the data that comes afterwards is not lost.
func TestCancel(t *testing.T) {
	bubble(t, func(b *bench) {
		l := b.plug(usb.High, b.root)
		for range 20 { // more often than there are channels
			if err := l.in.Submit(&l.rx); err != nil {
				t.Fatal(err)
			}
			l.in.Cancel()
			if l.rx.Err != usb.ErrCanceled || b.core.Busy() != 0 {
				t.Fatalf("%v, %d channels busy", l.rx.Err, b.core.Busy())
			}
		}
		l.rx.Timeout = time.Second
		if _, err := l.in.Do(&l.rx); err != usb.ErrTimeout {
			t.Error(err)
		}
		if b.core.Halts() != 21 {
			t.Errorf("%d channels were told to halt", b.core.Halts())
		}
		if err := l.echo(3000); err != nil {
			t.Error(err)
		}
		l.end()
	})
}

// TestKept: channels are chosen that the emulator keeps no request on, while there are.
func TestKept(t *testing.T) {
	bubble(t, func(b *bench) {
		b.core.Lock()
		b.core.Keeps = true
		b.core.Unlock()
		l := b.plug(usb.High, b.root)
		for range 6 {
			if err := l.in.Submit(&l.rx); err != nil {
				t.Fatal(err)
			}
			l.in.Cancel()
		}
		if err := l.echo(3000); err != nil {
			t.Error(err)
		}
		l.end()
	})
}

// TestStuck has channels not halt: transfers end all the same, and the channels are not
// used again.
func TestStuck(t *testing.T) {
	bubble(t, func(b *bench) {
		l := b.plug(usb.High, b.root)
		b.core.Lock()
		b.core.Deaf = true
		b.core.Unlock()
		for i := range 3 {
			if err := l.in.Submit(&l.rx); err != nil {
				t.Fatal(err)
			}
			at := time.Now()
			l.rx.Cancel()
			if i < 2 {
				l.in.Cancel() // it is canceled already
			} else {
				l.in.Close()
			}
			if took := time.Since(at); l.rx.Err != usb.ErrCanceled || took > 60*time.Millisecond {
				t.Errorf("%v after %v", l.rx.Err, took)
			}
			if b.core.Busy() != i+1 || b.ctrl.Stats().Stuck != uint64(i+1) {
				t.Errorf("%d channels busy, %d stuck", b.core.Busy(), b.ctrl.Stats().Stuck)
			}
		}
		if n := b.core.Halts(); n != 3 {
			t.Errorf("channels were told to halt %d times", n)
		}
		// The buffers are still the channels': the model would write into them.
		b.core.Lock()
		b.core.Deaf = false
		b.core.Unlock()
		l.tx.Data = l.tx.Data[:1]
		if _, err := l.out.Do(&l.tx); err != nil {
			t.Error(err)
		}
		l.end()
	})
}

// A sink takes what is sent to it, when it is not held, and sends nothing.
type sink struct{ held atomic.Bool }

func (*sink) Control(usb.Setup, []byte) (int, bool)     { return 0, false }
func (*sink) In(uint8, []byte) (int, usbtest.Handshake) { return 0, usbtest.NAK }
func (*sink) Reset()                                    {}
func (s *sink) Out(uint8, []byte) usbtest.Handshake {
	if s.held.Load() {
		return usbtest.NAK
	}
	return usbtest.ACK
}

// TestChannels has more going on than there are channels.
func TestChannels(t *testing.T) {
	bubble(t, func(b *bench) {
		s := &sink{}
		s.held.Store(true)
		parts := [][]byte{usbtest.InterfaceDescriptor(0, 0, 14, 3, 1, 1)}
		for n := range uint8(7) {
			parts = append(parts, usbtest.EndpointDescriptor(0x81+n, usb.Bulk, 512, 0), usbtest.EndpointDescriptor(0x01+n, usb.Bulk, 512, 0))
		}
		dev := &usbtest.Device{
			Speed: usb.High, Function: s,
			Descriptor: usbtest.DeviceDescriptor(1, 2, 0, 64), Configs: [][]byte{usbtest.ConfigDescriptor(1, parts...)},
		}
		b.root(dev)
		d := <-attached
		data, addr := b.alloc(512)
		var outs []*usb.Transfer
		ended := 0
		for _, e := range d.Config().Interfaces[0].Alternates[0].Endpoints {
			p, err := d.Open(e)
			if e.Address == 0x87 {
				if !errors.Is(err, usb.ErrFull) {
					t.Errorf("a bulk IN pipe too many: %v", err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			x := &usb.Transfer{Data: data, Addr: addr}
			if !e.In() {
				x.Done = func(*usb.Transfer) { ended++ }
				outs = append(outs, x)
			}
			if err := p.Submit(x); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if b.core.Busy() != 8 || ended != 0 {
			t.Errorf("%d channels are busy, %d transfers have ended", b.core.Busy(), ended)
		}
		outs[4].Cancel() // one that has no channel
		s.held.Store(false)
		dev.Kick()
		synctest.Wait()
		for i, x := range outs {
			if want := map[int]error{4: usb.ErrCanceled}[i]; x.Err != want || want == nil && x.N != 512 {
				t.Errorf("transfer %d: %d bytes, %v", i, x.N, x.Err)
			}
		}
		if ended != len(outs) {
			t.Errorf("%d transfers have ended", ended)
		}
		b.unplug()
		b.mem.Free(data, addr)
	})
}

// TestReplug pulls a device in the middle of everything, again and again.
func TestReplug(t *testing.T) {
	bubble(t, func(b *bench) {
		for range 10 {
			l := b.plug(usb.High, b.root)
			ended := 0
			l.rx.Done = func(*usb.Transfer) { ended++ }
			l.tx.Done = l.rx.Done
			l.loop.Hold(true)
			l.tx.Data = l.tx.Data[:100]
			for p, x := range map[*usb.Pipe]*usb.Transfer{l.in: &l.rx, l.out: &l.tx} {
				if err := p.Submit(x); err != nil {
					t.Fatal(err)
				}
			}
			l.end()
			if ended != 2 || l.rx.Err != usb.ErrGone || l.tx.Err != usb.ErrGone {
				t.Errorf("%d have ended: %v, %v", ended, l.rx.Err, l.tx.Err)
			}
			if b.core.Busy() != 0 {
				t.Errorf("%d channels busy", b.core.Busy())
			}
		}
	})
}

// TestExcess: a device that answers a request with more than was asked for, in a packet
// that has room for it, is refused.
func TestExcess(t *testing.T) {
	bubble(t, func(b *bench) {
		l := b.plug(usb.High, b.root)
		get := usb.Setup{RequestType: usb.DirIn, Request: usb.GetDescriptor, Value: usb.DescriptorDevice << 8}
		if n, err := l.d.Control(get, make([]byte, 10), 0); n != 10 || err != nil {
			t.Error(n, err)
		}
		l.dev.Excess = 1
		if n, err := l.d.Control(get, make([]byte, 10), 0); n != 0 || !errors.Is(err, usb.ErrBabble) {
			t.Error(n, err)
		}
		l.end()
	})
}

// TestNoMemory hands the controller an address where no memory is.
func TestNoMemory(t *testing.T) {
	bubble(t, func(b *bench) {
		l := b.plug(usb.High, b.root)
		lost := usb.Transfer{Data: l.tx.Data[:64], Addr: 0x3000_0000}
		if _, err := l.out.Do(&lost); err != usb.ErrController {
			t.Error(err)
		}
		l.end()
	})
}

// TestReconnect resets the port under a device.
func TestReconnect(t *testing.T) {
	bubble(t, func(b *bench) {
		l := b.plug(usb.High, b.root)
		l.d.Reconnect()
		<-detached
		l.d = <-attached
		l.end()
	})
}

package usb_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yolk/drivers/usb"
	_ "yolk/drivers/usb/hub"
	"yolk/drivers/usb/usbtest"
)

// attached are the devices that the test's driver gets, and loses.
var attached, detached = make(chan *usb.Device), make(chan *usb.Device)

type binding struct{ d *usb.Device }

func (b binding) Detach() { detached <- b.d }

func init() {
	usb.Register(&usb.Driver{
		Name:  "test",
		Match: []usb.Match{usb.ByProduct(usbtest.LoopbackVendor, usbtest.LoopbackProduct), usb.ByClass(0xfe, 1, 2)},
		Attach: func(d *usb.Device, i *usb.Interface) (usb.Binding, error) {
			attached <- d
			return binding{d}, nil
		},
	})
}

// A bench is a host with a bus, in a bubble of virtual time.
type bench struct {
	*testing.T
	bus  *usbtest.Bus
	mem  *usbtest.Memory
	ctrl *usbtest.Controller
	host *usb.Host
}

// bubble runs f with a bench.
func bubble(t *testing.T, f func(b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		attached, detached = make(chan *usb.Device), make(chan *usb.Device)
		b := newBench(t)
		b.start()
		f(b)
		b.host.Close()
	})
}

// newBench returns a bench whose host has not been started.
func newBench(t *testing.T) *bench {
	b := &bench{T: t, bus: usbtest.NewBus(2), mem: usbtest.NewMemory(4 << 20)}
	b.ctrl = usbtest.NewController(b.bus, b.mem)
	b.host = usb.NewHost(b.ctrl, b.mem, t.Logf)
	return b
}

func (b *bench) start() {
	b.Helper()
	if err := b.host.Start(); err != nil {
		b.Fatal(err)
	}
}

// loopback plugs a loopback into root port 1 and returns it from both sides.
func (b *bench) loopback() (*usb.Device, *usbtest.Device, *usbtest.Loopback) {
	dev, l := usbtest.NewLoopback(usb.High)
	b.bus.Plug(1, dev)
	return <-attached, dev, l
}

// unplug pulls what is in root port 1 and waits until its driver is detached.
func (b *bench) unplug() {
	b.bus.Unplug(1)
	<-detached
}

// pipe opens the pipe to an endpoint of the loopback's.
func (b *bench) pipe(d *usb.Device, address uint8) *usb.Pipe {
	b.Helper()
	for _, e := range d.Config().Interfaces[0].Alternates[0].Endpoints {
		if e.Address == address {
			p, err := d.Open(e)
			if err != nil {
				b.Fatal(err)
			}
			return p
		}
	}
	b.Fatalf("no endpoint %#x", address)
	return nil
}

// transfer makes one with a buffer of n bytes.
func (b *bench) transfer(n int) *usb.Transfer {
	b.Helper()
	t := &usb.Transfer{}
	var err error
	if t.Data, t.Addr, err = b.mem.Alloc(max(n, 1), usb.Align); err != nil {
		b.Fatal(err)
	}
	t.Data = t.Data[:n]
	return t
}

func (b *bench) want(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Errorf("error %v instead of %v", err, want)
	}
}

func TestEnumerate(t *testing.T) {
	bubble(t, func(b *bench) {
		d, dev, _ := b.loopback()
		if got := d.Descriptor(); got.Vendor != usbtest.LoopbackVendor || got.Product != usbtest.LoopbackProduct || got.MaxPacket0 != 64 {
			t.Errorf("device descriptor %+v", got)
		}
		if d.String() != "usb 1 (1209:0001)" || d.Speed() != usb.High || dev.Configuration() != 1 || d.Address() == 0 {
			t.Errorf("%v at %v, configuration %d, address %d", d, d.Speed(), dev.Configuration(), d.Address())
		}
		if s, err := d.Text(2); s != "Löopback" || err != nil {
			t.Errorf("string 2: %q, %v", s, err)
		}
		if s, err := d.Text(3); s != "" || !errors.Is(err, usb.ErrStall) {
			t.Errorf("string 3, which there is not: %q, %v", s, err)
		}
		if n := len(b.host.Devices()); n != 1 {
			t.Errorf("%d devices", n)
		}
		b.unplug()
		if n := len(b.host.Devices()); n != 0 {
			t.Errorf("%d devices after the only one has left", n)
		}
		synctest.Wait()
		if b.mem.Live() != 0 {
			t.Errorf("%d bytes are not freed", b.mem.Live())
		}
	})
}

// TestSmallPackets: endpoint 0 has packets of eight bytes.
func TestSmallPackets(t *testing.T) {
	bubble(t, func(b *bench) {
		dev, _ := usbtest.NewLoopback(usb.Full)
		dev.Descriptor[7] = 8
		b.bus.Plug(1, dev)
		if d := <-attached; len(d.Config().Interfaces[0].Alternates[0].Endpoints) != 3 {
			t.Errorf("%+v", d.Config())
		}
		b.unplug()
	})
}

// TestNoAddress: a device that takes no address uses none up.
func TestNoAddress(t *testing.T) {
	bubble(t, func(b *bench) {
		var obeys atomic.Bool
		b.ctrl.Fault = func(t *usb.Transfer) error {
			if s, _ := t.Setup(); s != nil && s[0] == 0 && s[1] == usb.SetAddress && !obeys.Load() {
				return usb.ErrStall
			}
			return nil
		}
		dev, _ := usbtest.NewLoopback(usb.High)
		for range 50 { // three times each
			b.bus.Plug(1, dev)
			time.Sleep(time.Minute)
			b.bus.Unplug(1)
			time.Sleep(time.Second)
		}
		obeys.Store(true)
		b.bus.Plug(1, dev)
		<-attached
		b.unplug()
	})
}

// TestClaim: a driver may have a second interface, which then is no other's.
func TestClaim(t *testing.T) {
	bubble(t, func(b *bench) {
		l, _ := usbtest.NewLoopback(usb.High)
		b.bus.Plug(1, &usbtest.Device{
			Speed: usb.High, Function: l.Function, Descriptor: usbtest.DeviceDescriptor(1, 2, 0, 64),
			Configs: [][]byte{usbtest.ConfigDescriptor(1,
				usbtest.InterfaceDescriptor(0, 0, 0, 0xfe, 1, 2), usbtest.InterfaceDescriptor(1, 0, 0, 0xfe, 3, 4))},
		})
		d := <-attached
		if i, err := d.Claim(1); err != nil || i.Alternates[0].Subclass != 3 {
			t.Error(i, err)
		}
		for n := range uint8(3) {
			_, err := d.Claim(n)
			b.want(err, usb.ErrDescriptor)
		}
		b.unplug()
	})
}

// TestTogether has devices come to two hubs at the same time: only one may have address
// 0, of which usbtest takes care.
func TestTogether(t *testing.T) {
	bubble(t, func(b *bench) {
		for port := range 2 {
			hub, ports := usbtest.NewHub(usb.High, 4)
			dev, _ := usbtest.NewLoopback(usb.High)
			ports.Plug(1, dev)
			b.bus.Plug(1+port, hub)
		}
		one, two := <-attached, <-attached
		if one.Address() == two.Address() || one.Place() == two.Place() {
			t.Errorf("%v and %v", one, two)
		}
		b.bus.Unplug(2)
		<-detached
		b.unplug()
	})
}

// TestOften plugs a device in more often than there are addresses.
func TestOften(t *testing.T) {
	bubble(t, func(b *bench) {
		dev, _ := usbtest.NewLoopback(usb.High)
		for range 130 {
			b.bus.Plug(1, dev)
			<-attached
			b.unplug()
		}
	})
}

// TestHubs plugs a device in behind two hubs, moves it, and pulls the first hub.
func TestHubs(t *testing.T) {
	bubble(t, func(b *bench) {
		outer, outerPorts := usbtest.NewHub(usb.High, 4)
		inner, innerPorts := usbtest.NewHub(usb.Full, 9)
		dev, _ := usbtest.NewLoopback(usb.Full)
		b.bus.Plug(1, outer)
		outerPorts.Plug(3, inner)
		innerPorts.Plug(9, dev)
		d := <-attached
		if d.Place() != "1.3.9" || d.Speed() != usb.Full {
			t.Errorf("%v at %v", d, d.Speed())
		}
		// The translator is the high-speed hub's.
		if tt := d.TT(); tt.Port != 3 || tt.Hub == 0 || int(tt.Hub) == int(d.Address()) {
			t.Errorf("translator %+v", tt)
		}
		innerPorts.Unplug(9)
		if gone := <-detached; gone != d {
			t.Errorf("%v is detached", gone)
		}
		outerPorts.Plug(1, dev)
		if d = <-attached; d.Place() != "1.1" || d.TT() != (usb.TT{Hub: d.TT().Hub, Port: 1}) {
			t.Errorf("%v behind %+v", d, d.TT())
		}
		if n := len(b.host.Devices()); n != 3 {
			t.Errorf("%d devices", n)
		}
		b.unplug()
		time.Sleep(time.Minute)
		if n := len(b.host.Devices()); n != 0 {
			t.Errorf("%d devices", n)
		}
		if b.mem.Live() != 0 {
			t.Errorf("%d bytes are not freed", b.mem.Live())
		}
	})
}

// TestSettled: what is plugged in at start is told to have been found when all of it
// has, and nothing soon.
func TestSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attached, detached = make(chan *usb.Device), make(chan *usb.Device)
		b := newBench(t)
		outer, outerPorts := usbtest.NewHub(usb.High, 4)
		inner, innerPorts := usbtest.NewHub(usb.High, 4)
		dev, _ := usbtest.NewLoopback(usb.High)
		innerPorts.Plug(1, dev)
		outerPorts.Plug(1, inner)
		b.bus.Plug(1, outer)
		b.start()
		time.Sleep(time.Minute) // the driver's Attach waits
		select {
		case <-b.host.Settled():
			t.Error("settled before a driver was attached")
		default:
		}
		<-attached
		<-b.host.Settled()
		b.unplug()
		b.host.Close()

		b = newBench(t)
		at := time.Now()
		b.start()
		<-b.host.Settled()
		if took := time.Since(at); took != 100*time.Millisecond {
			t.Errorf("that there is nothing was found after %v", took)
		}
		b.host.Close()
	})
}

// TestSeveral has several transfers under way both ways, and checks their order.
func TestSeveral(t *testing.T) {
	bubble(t, func(b *bench) {
		d, _, _ := b.loopback()
		in, out := b.pipe(d, 0x81), b.pipe(d, 2)
		const n = 16
		got := make(chan *usb.Transfer, n)
		for range n {
			x := b.transfer(1024)
			x.Done = func(x *usb.Transfer) { got <- x }
			if err := in.Submit(x); err != nil {
				t.Fatal(err)
			}
			b.want(in.Submit(x), usb.ErrBusy)
		}
		for i := range n {
			x := b.transfer(i + 1)
			for j := range x.Data {
				x.Data[j] = byte(i)
			}
			if err := out.Submit(x); err != nil {
				t.Fatal(err)
			}
		}
		for i := range n {
			if x := <-got; x.Err != nil || x.N != i+1 || x.Data[0] != byte(i) {
				t.Errorf("transfer %d: %d bytes, the first %d, %v", i, x.N, x.Data[0], x.Err)
			}
		}
		b.unplug()
	})
}

// TestZeroPacket sends what fills its last packet, with and without an empty one.
func TestZeroPacket(t *testing.T) {
	bubble(t, func(b *bench) {
		d, _, _ := b.loopback()
		in, out := b.pipe(d, 0x81), b.pipe(d, 2)
		send, take := b.transfer(1024), b.transfer(2048)
		send.ZeroPacket = true
		if n, err := out.Do(send); n != 1024 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := in.Do(take); n != 1024 || err != nil {
			t.Fatal(n, err)
		}
		send.ZeroPacket = false
		take.Timeout = time.Second
		if n, err := out.Do(send); n != 1024 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := in.Do(take); n != 1024 || err != usb.ErrTimeout {
			t.Fatal("without an end the transfer goes on:", n, err)
		}
		b.unplug()
	})
}

// TestEnds ends transfers in all ways that a driver or a device can.
func TestEnds(t *testing.T) {
	bubble(t, func(b *bench) {
		d, dev, l := b.loopback()
		in, out := b.pipe(d, 0x81), b.pipe(d, 2)
		var order []error
		var x [3]*usb.Transfer
		submit := func() {
			order = nil
			for i := range x {
				x[i] = b.transfer(512)
				x[i].Done = func(x *usb.Transfer) { order = append(order, x.Err) }
				b.want(in.Submit(x[i]), nil)
			}
		}
		ended := func(want ...error) {
			t.Helper()
			synctest.Wait()
			if len(order) != len(want) {
				t.Fatalf("ended: %v; want %v", order, want)
			}
			for i := range want {
				if order[i] != want[i] {
					t.Errorf("transfer %d: %v instead of %v", i, order[i], want[i])
				}
			}
		}

		submit()
		x[1].Cancel()
		ended(usb.ErrCanceled)
		in.Cancel()
		ended(usb.ErrCanceled, usb.ErrCanceled, usb.ErrCanceled)

		submit()
		dev.Halt(0x81)
		ended(usb.ErrStall, usb.ErrStall, usb.ErrStall)
		b.want(in.Submit(x[0]), usb.ErrStall)
		b.want(in.ClearHalt(), nil)
		submit()
		in.Close()
		ended(usb.ErrClosed, usb.ErrClosed, usb.ErrClosed)
		b.want(in.Submit(x[0]), usb.ErrClosed)
		b.want(in.ClearHalt(), usb.ErrClosed)

		l.Hold(true)
		late := b.transfer(64)
		late.Timeout = 3 * time.Second
		start := time.Now()
		if n, err := out.Do(late); n != 0 || err != usb.ErrTimeout || time.Since(start) != late.Timeout {
			t.Errorf("%d bytes, %v after %v", n, err, time.Since(start))
		}
		l.Hold(false)
		if n, err := out.Do(late); n != 64 || err != nil {
			t.Errorf("after a timeout: %d bytes, %v", n, err)
		}

		in = b.pipe(d, 0x81)
		if n, err := in.Do(x[0]); n != 64 || err != nil {
			t.Errorf("after Close and Open: %d bytes, %v", n, err)
		}
		submit()
		b.unplug()
		ended(usb.ErrGone, usb.ErrGone, usb.ErrGone)
		b.want(in.Submit(x[0]), usb.ErrGone)
		_, err := d.Control(usb.Setup{}, nil, 0)
		b.want(err, usb.ErrGone)
		_, err = d.Open(usb.Endpoint{Type: usb.Bulk, Address: 1, MaxPacket: 512})
		b.want(err, usb.ErrGone)
	})
}

// TestTimeouts: the time of a transfer counts from when it is its turn, and that of an
// earlier one has no part in it.
func TestTimeouts(t *testing.T) {
	bubble(t, func(b *bench) {
		d, _, l := b.loopback()
		out := b.pipe(d, 2)
		quick, slow, last := b.transfer(64), b.transfer(64), b.transfer(64)
		quick.Timeout, slow.Timeout, last.Timeout = time.Second, 3*time.Second, time.Second
		if _, err := out.Do(quick); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second / 2)
		l.Hold(true)
		at := time.Now()
		var took [2]time.Duration
		slow.Done = func(*usb.Transfer) { took[0] = time.Since(at) }
		last.Done = func(*usb.Transfer) { took[1] = time.Since(at) }
		b.want(out.Submit(slow), nil)
		b.want(out.Submit(last), nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if took != [2]time.Duration{3 * time.Second, 4 * time.Second} || slow.Err != usb.ErrTimeout || last.Err != usb.ErrTimeout {
			t.Errorf("%v, %v after %v", slow.Err, last.Err, took)
		}
		b.unplug()
	})
}

// TestReconnect has a device reset by its driver: it leaves and comes back.
func TestReconnect(t *testing.T) {
	bubble(t, func(b *bench) {
		d, _, _ := b.loopback()
		d.Reconnect()
		time.Sleep(time.Minute)
		select {
		case again := <-attached:
			t.Errorf("%v is attached before %v is detached", again, d)
		default:
		}
		if gone := <-detached; gone != d {
			t.Errorf("%v is detached", gone)
		}
		if again := <-attached; again == d || again.Place() != "1" {
			t.Errorf("%v is attached", again)
		}
		b.unplug()
	})
}

// TestControl moves data both ways on endpoint 0.
func TestControl(t *testing.T) {
	bubble(t, func(b *bench) {
		d, _, _ := b.loopback()
		data := []byte(strings.Repeat("0123456789", 30))
		if n, err := d.Control(usb.Setup{RequestType: usb.TypeVendor}, data, 0); n != len(data) || err != nil {
			t.Fatal(n, err)
		}
		back := make([]byte, 1000)
		n, err := d.Control(usb.Setup{RequestType: usb.DirIn | usb.TypeVendor}, back, 0)
		if n != len(data) || err != nil || back[299] != '9'^0xff {
			t.Error(n, err, back[299])
		}
		_, err = d.Control(usb.Setup{RequestType: usb.DirIn | usb.TypeVendor}, back, 0)
		b.want(err, usb.ErrStall)
		if n, err = d.Control(usb.Setup{RequestType: usb.TypeVendor}, data, 0); n != len(data) || err != nil {
			t.Error("after a stall:", n, err)
		}
		_, err = d.Control(usb.Setup{}, make([]byte, usb.MaxControl+1), 0)
		b.want(err, usb.ErrBuffer)
		b.unplug()
	})
}

// TestBadBuffers submits what a controller cannot use.
func TestBadBuffers(t *testing.T) {
	bubble(t, func(b *bench) {
		d, _, _ := b.loopback()
		in, out := b.pipe(d, 0x81), b.pipe(d, 2)
		odd, err := d.Open(usb.Endpoint{Type: usb.Interrupt, Address: 4, MaxPacket: 10, Mult: 1, Interval: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			p *usb.Pipe
			t usb.Transfer
		}{
			{in, usb.Transfer{}},
			{in, usb.Transfer{Data: make([]byte, 100)}},
			{in, usb.Transfer{Data: make([]byte, 512), Addr: 32}},
			{in, usb.Transfer{Data: make([]byte, usb.MaxTransfer+512)}},
			{out, usb.Transfer{Data: make([]byte, 5), Addr: 2}},
			{odd, usb.Transfer{Data: make([]byte, 11)}},
			{out, usb.Transfer{Data: make([]byte, usb.MaxTransfer+1)}},
		} {
			b.want(c.p.Submit(&c.t), usb.ErrBuffer)
		}
		b.unplug()
	})
}

// TestDeadDevice plugs in what does not answer: three tries, and then it is left alone
// until it is pulled.
func TestDeadDevice(t *testing.T) {
	bubble(t, func(b *bench) {
		var tries atomic.Int64
		var alive atomic.Bool
		b.ctrl.Fault = func(*usb.Transfer) error {
			if alive.Load() {
				return nil
			}
			tries.Add(1)
			return usb.ErrTransaction
		}
		dev, _ := usbtest.NewLoopback(usb.High)
		b.bus.Plug(1, dev)
		time.Sleep(time.Minute)
		if tries.Load() != 3 || len(b.host.Devices()) != 0 {
			t.Errorf("%d tries, %d devices", tries.Load(), len(b.host.Devices()))
		}
		b.bus.Unplug(1)
		time.Sleep(time.Second)
		alive.Store(true)
		b.bus.Plug(1, dev)
		<-attached
		b.unplug()
		synctest.Wait() // a device's memory is freed after its driver has let go of it
		if b.mem.Live() != 0 {
			t.Errorf("%d bytes are not freed", b.mem.Live())
		}
	})
}

// TestNoAllocation: submitting, ending, timeouts and all cost no memory.
func TestNoAllocation(t *testing.T) {
	b := &bench{T: t, bus: usbtest.NewBus(1), mem: usbtest.NewMemory(1 << 20)}
	attached, detached = make(chan *usb.Device), make(chan *usb.Device, 1)
	b.ctrl = usbtest.NewController(b.bus, b.mem)
	var fail error
	b.ctrl.Fault = func(t *usb.Transfer) error {
		if t.Pipe().Endpoint().Type == usb.Bulk {
			return fail
		}
		return nil
	}
	b.host = usb.NewHost(b.ctrl, b.mem, nil)
	if err := b.host.Start(); err != nil {
		t.Fatal(err)
	}
	d, _, _ := b.loopback()
	out := b.pipe(d, 2)
	fail = usb.ErrCanceled // ends transfers without what the model allocates
	x := b.transfer(64)
	x.Timeout = time.Hour
	out.Do(x)
	if n := testing.AllocsPerRun(200, func() {
		if _, err := out.Do(x); err != usb.ErrCanceled {
			t.Fatal(err)
		}
	}); n >= 1 {
		t.Errorf("%v allocations a transfer", n)
	}
	b.host.Close()
}

// FuzzDevice plugs in a device with descriptors of any kind, and pulls it.
func FuzzDevice(f *testing.F) {
	good, _ := usbtest.NewLoopback(usb.High)
	f.Add(good.Descriptor, good.Configs[0], uint8(usb.High))
	f.Add(usbtest.DeviceDescriptor(1, 2, 0, 8), usbtest.ConfigDescriptor(1, usbtest.InterfaceDescriptor(0, 0, 0, 0xfe, 1, 2)), uint8(usb.Low))
	f.Fuzz(func(t *testing.T, descriptor, config []byte, speed uint8) {
		bubble(t, func(b *bench) {
			dev := &usbtest.Device{Speed: usb.Speed(speed % 3), Descriptor: descriptor, Configs: [][]byte{config}, Function: good.Function}
			go func() {
				for d := range attached {
					for _, i := range d.Config().Interfaces {
						for _, e := range i.Alternates[0].Endpoints {
							d.Open(e)
						}
					}
				}
			}()
			go func() {
				for range detached {
				}
			}()
			b.bus.Plug(1, dev)
			time.Sleep(time.Minute)
			b.bus.Unplug(1)
			time.Sleep(time.Minute)
			if b.mem.Live() != 0 || len(b.host.Devices()) != 0 {
				t.Errorf("%d bytes, %d devices", b.mem.Live(), len(b.host.Devices()))
			}
			close(attached)
			close(detached)
		})
	})
}

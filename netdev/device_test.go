package netdev_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// fake is a driver that notes what is asked of it.
type fake struct {
	netdev.Fixed
	info   netdev.Info
	queue  netdev.QueueInfo
	rx     netdev.RxConfig
	config netdev.Config
	calls  []string
	fail   map[string]error
	status netdev.Status
	err    error
	wake   chan struct{}
}

var errFake = errors.New("the fake failed")

func newFake() *fake {
	return &fake{
		info: netdev.Info{Driver: "fake", MaxRxQueues: 2, MaxTxQueues: 3, MTU: 1500, MinMTU: 68, MaxMTU: 1500, RxHeadroom: 12,
			Memory: netbuf.Heap, Features: netdev.Interrupts | netdev.LinkEvents | netdev.MTUChange | netdev.TxChecksum | netdev.HardwareAddrChange},
		queue: netdev.QueueInfo{Max: 64, Min: 8, Align: 8, PowerOfTwo: true, Default: 16},
		fail:  map[string]error{},
		wake:  make(chan struct{}, 9),
	}
}

func (f *fake) call(name string) error {
	f.calls = append(f.calls, name)
	return f.fail[name]
}

func (f *fake) Probe() (netdev.Info, error) { return f.info, f.call("Probe") }
func (f *fake) Configure(c netdev.Config) (netdev.Info, error) {
	f.config = c
	f.info.Features = f.info.Features&^netdev.Offloads | c.Offloads
	return f.info, f.call("Configure")
}
func (f *fake) RxInfo(int) netdev.QueueInfo { return f.queue }
func (f *fake) TxInfo(int) netdev.QueueInfo { return f.queue }
func (f *fake) ConfigureRx(_ int, c netdev.RxConfig) (netdev.RxQueue, error) {
	f.rx = c
	return f, f.call("ConfigureRx")
}
func (f *fake) ConfigureTx(int, netdev.TxConfig) (netdev.TxQueue, error) {
	return f, f.call("ConfigureTx")
}
func (f *fake) Start() error   { return f.call("Start") }
func (f *fake) Restart() error { f.err = nil; return f.call("Restart") }
func (f *fake) Close() error {
	f.wake <- struct{}{}
	return f.call("Close")
}
func (f *fake) SetMTU(int) error       { return f.call("SetMTU") }
func (f *fake) Link() netdev.LinkState { return netdev.LinkUp }
func (f *fake) Stats() netdev.Stats    { return netdev.Stats{} }
func (f *fake) Err() error             { return f.err }
func (f *fake) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	return len(bufs), f.status
}
func (f *fake) EnableInterrupt() bool { return false }
func (f *fake) DisableInterrupt()     {}
func (f *fake) Wait()                 { <-f.wake }
func (f *fake) Wake()                 { f.wake <- struct{}{} }
func (f *fake) Pending() (int, netdev.Status) {
	return 3, f.status
}

// in returns a device in the given state.
func in(t *testing.T, s netdev.State) (*netdev.Device, *fake) {
	t.Helper()
	f := newFake()
	d := netdev.New(f)
	steps := []func() error{d.Probe, func() error { return d.Configure(netdev.Config{}) }, func() error {
		return errors.Join(d.ConfigureRx(0, netdev.RxConfig{}), d.ConfigureTx(0, netdev.TxConfig{}), d.Start())
	}, func() error {
		f.status, f.err = netdev.Stopped, errFake
		d.TxBurst(0, nil)
		return nil
	}}
	for _, step := range steps[:s] {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if d.State() != s {
		t.Fatalf("%v, want %v", d.State(), s)
	}
	f.calls = nil
	return d, f
}

// calls are all that depend on the state, with the states in which they work.
var calls = []struct {
	name  string
	legal string
	do    func(d *netdev.Device) error
}{
	{"Wrap", "unprobed", func(d *netdev.Device) error {
		return d.Wrap(func(drv netdev.Driver) netdev.Driver { return drv })
	}},
	{"Probe", "unprobed", (*netdev.Device).Probe},
	{"Configure", "unconfigured", func(d *netdev.Device) error { return d.Configure(netdev.Config{}) }},
	{"ConfigureRx", "configured", func(d *netdev.Device) error { return d.ConfigureRx(0, netdev.RxConfig{}) }},
	{"ConfigureTx", "configured", func(d *netdev.Device) error { return d.ConfigureTx(0, netdev.TxConfig{}) }},
	{"RxInfo", "configured running failed", func(d *netdev.Device) error { _, err := d.RxInfo(0); return err }},
	{"TxInfo", "configured running failed", func(d *netdev.Device) error { _, err := d.TxInfo(0); return err }},
	{"SetMTU", "running", func(d *netdev.Device) error { return d.SetMTU(1000) }},
	{"SetPromiscuous", "", func(d *netdev.Device) error { return d.SetPromiscuous(true) }},
	{"EnableInterrupt", "running", func(d *netdev.Device) error { _, err := d.EnableInterrupt(0); return err }},
	{"DisableInterrupt", "running", func(d *netdev.Device) error { return d.DisableInterrupt(0) }},
	{"Wake", "running failed", func(d *netdev.Device) error { return d.Wake(0) }},
	{"Wait", "running", func(d *netdev.Device) error {
		d.Wake(0)
		return d.Wait(0)
	}},
	{"WaitLink", "running", func(d *netdev.Device) error { _, err := d.WaitLink(netdev.LinkUnknown); return err }},
	{"WaitFor", "running", func(d *netdev.Device) error { return d.WaitFor(0, time.Millisecond) }},
	{"packets", "running", (*netdev.Device).Err},
	{"Restart", "failed", (*netdev.Device).Restart},
	{"Close", "unconfigured configured running failed", (*netdev.Device).Close},
}

// Every call in every state: it works, or the error names device, call and state
// and says what to do.
func TestStates(t *testing.T) {
	for s := netdev.Unprobed; s <= netdev.Failed; s++ {
		for _, c := range calls {
			d, f := in(t, s)
			err := c.do(d)
			if strings.Contains(" "+c.legal+" ", " "+s.String()+" ") {
				if err != nil {
					t.Errorf("%s, %v: %v", c.name, s, err)
				}
				continue
			}
			if c.legal == "" && s == netdev.Running {
				if !errors.Is(err, netdev.ErrUnsupported) {
					t.Errorf("%s, %v: %v", c.name, s, err)
				}
				continue
			}
			var state *netdev.StateError
			if !errors.As(err, &state) || !errors.Is(err, netdev.ErrState) || state.State != s || len(f.calls) != 0 || d.State() != s {
				t.Errorf("%s, %v: %v; the driver saw %v", c.name, s, err, f.calls)
				continue
			}
			for _, want := range []string{"netdev", c.name, s.String(), "call "} {
				if !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "only a device that broke") {
					t.Errorf("%s, %v: %q does not say %q", c.name, s, err, want)
				}
			}
			if s == netdev.Failed && !errors.Is(err, errFake) {
				t.Errorf("%s: %q does not say why the device failed", c.name, err)
			}
		}
	}
}

// The advice of an error, followed, leads where the call wanted to be.
func TestAdvice(t *testing.T) {
	d, _ := in(t, netdev.Unprobed)
	if err := d.SetMTU(1000); !strings.Contains(err.Error(), "call Probe, Configure, Start first") {
		t.Error(err)
	}
	d, _ = in(t, netdev.Running)
	if err := d.Configure(netdev.Config{}); !strings.Contains(err.Error(), "call Close first") {
		t.Error(err)
	}
	d, _ = in(t, netdev.Failed)
	if err := d.SetMTU(1000); !strings.Contains(err.Error(), "call Restart") {
		t.Error(err)
	}
}

func TestStartNeedsQueues(t *testing.T) {
	d, f := in(t, netdev.Unconfigured)
	if err := d.Configure(netdev.Config{RxQueues: 2}); err != nil {
		t.Fatal(err)
	}
	f.calls = nil
	for i, want := range []string{"ConfigureRx(0,", "ConfigureRx(1,", "ConfigureTx(0,", "ConfigureTx(1,"} {
		if err := d.Start(); !errors.Is(err, netdev.ErrState) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		var err error
		if i < 2 {
			err = d.ConfigureRx(i, netdev.RxConfig{})
		} else {
			err = d.ConfigureTx(i-2, netdev.TxConfig{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.ConfigureRx(1, netdev.RxConfig{}); !errors.Is(err, netdev.ErrState) {
		t.Errorf("twice: %v", err)
	}
	if err := d.ConfigureTx(2, netdev.TxConfig{}); !errors.Is(err, netdev.ErrNoQueue) {
		t.Errorf("too many: %v", err)
	}
	if err := d.Start(); err != nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		cfg, want netdev.Config
		bad       bool
	}{
		{netdev.Config{}, netdev.Config{RxQueues: 1, TxQueues: 1}, false},
		{netdev.Config{RxQueues: 2}, netdev.Config{RxQueues: 2, TxQueues: 2}, false},
		{netdev.Config{RxQueues: 2, TxQueues: 3}, netdev.Config{RxQueues: 2, TxQueues: 3}, false},
		{netdev.Config{Offloads: netdev.Offloads}, netdev.Config{RxQueues: 1, TxQueues: 1, Offloads: netdev.TxChecksum}, false},
		{netdev.Config{RxQueues: 3}, netdev.Config{}, true},
		{netdev.Config{TxQueues: -1}, netdev.Config{}, true},
		{netdev.Config{Offloads: netdev.LinkStatus}, netdev.Config{}, true},
	} {
		d, f := in(t, netdev.Unconfigured)
		err := d.Configure(c.cfg)
		if c.bad != errors.Is(err, netdev.ErrConfig) || !c.bad && f.config != c.want {
			t.Errorf("%+v: %+v, %v", c.cfg, f.config, err)
		}
	}
	f := newFake()
	f.info.Paired = true
	d := netdev.New(f)
	d.Probe()
	if err := d.Configure(netdev.Config{RxQueues: 1, TxQueues: 2}); !errors.Is(err, netdev.ErrConfig) {
		t.Errorf("half a pair: %v", err)
	}
}

func TestQueueSizes(t *testing.T) {
	for size, ok := range map[int]bool{0: true, 8: true, 64: true, 4: false, 12: false, 24: false, 128: false, -8: false} {
		d, f := in(t, netdev.Configured)
		err := d.ConfigureRx(0, netdev.RxConfig{Size: size})
		if (err == nil) != ok || err != nil && !errors.Is(err, netdev.ErrConfig) {
			t.Errorf("%d: %v", size, err)
		}
		if want := map[bool]int{true: size, false: 16}[size != 0]; ok && f.rx.Size != want {
			t.Errorf("%d: the driver saw %d", size, f.rx.Size)
		}
		if err := d.ConfigureTx(0, netdev.TxConfig{Size: size}); (err == nil) != ok {
			t.Errorf("transmit, %d: %v", size, err)
		}
	}
}

// A receive queue gets a pool of its own, or the caller's buffers.
func TestReceiveBuffers(t *testing.T) {
	d, f := in(t, netdev.Configured)
	if err := d.ConfigureRx(0, netdev.RxConfig{Size: 8}); err != nil {
		t.Fatal(err)
	}
	var bufs [100]*netbuf.Buf
	if n := f.rx.Alloc(bufs[:]); n != 8+64 || bufs[0].Headroom() != netbuf.DefaultHeadroom || bufs[0].Tailroom() != netbuf.DefaultSize-netbuf.DefaultHeadroom {
		t.Errorf("%d buffers, headroom %d", n, bufs[0].Headroom())
	}
	for _, bad := range []netdev.RxConfig{
		{Headroom: 11}, {BufferSize: 128}, {BufferSize: 1000}, {Headroom: 2000},
	} {
		d, _ := in(t, netdev.Configured)
		if err := d.ConfigureRx(0, bad); !errors.Is(err, netdev.ErrConfig) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// An event callback runs after each interrupt until the device is closed.
func TestEvent(t *testing.T) {
	d, f := in(t, netdev.Configured)
	events := make(chan int)
	if err := d.ConfigureRx(0, netdev.RxConfig{Event: func(q int) { events <- q }}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.ConfigureTx(0, netdev.TxConfig{}), d.Start()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f.wake <- struct{}{}
		if q := <-events; q != 0 {
			t.Errorf("queue %d", q)
		}
	}
	if err := d.Wait(0); !errors.Is(err, netdev.ErrConfig) {
		t.Errorf("Wait beside a callback: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	f.info.Features &^= netdev.Interrupts
	d.Probe()
	d.Configure(netdev.Config{})
	if err := d.ConfigureRx(0, netdev.RxConfig{Event: func(int) {}}); !errors.Is(err, netdev.ErrConfig) {
		t.Errorf("callback without interrupts: %v", err)
	}
}

// Who waits is woken by time, by another goroutine, and also when the device has
// failed meanwhile.
func TestWake(t *testing.T) {
	d, f := in(t, netdev.Running)
	for range 2 {
		start := time.Now()
		if err := d.WaitFor(0, 10*time.Millisecond); err != nil || time.Since(start) < 10*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	}
	f.wake <- struct{}{}
	if err := d.WaitFor(0, time.Hour); err != nil {
		t.Error(err)
	}
	woken := make(chan error)
	for _, failed := range []bool{false, true} {
		go func() { woken <- d.Wait(0) }()
		if failed {
			f.status = netdev.Stopped
			d.TxBurst(0, nil)
		}
		if err := d.Wake(0); err != nil {
			t.Error(err)
		}
		<-woken
	}
	if err := d.Wake(1); !errors.Is(err, netdev.ErrNoQueue) {
		t.Error(err)
	}
	f.info.Features &^= netdev.Interrupts
	g := netdev.New(f)
	f.status = 0
	if err := g.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	if err := g.Wake(0); !errors.Is(err, netdev.ErrUnsupported) {
		t.Error(err)
	}
}

// Whoever waits learns that the device was closed.
func TestCloseWakes(t *testing.T) {
	d, _ := in(t, netdev.Running)
	woken := make(chan error)
	go func() { woken <- d.Wait(0) }()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-woken; !errors.Is(err, netdev.ErrState) {
		t.Error(err)
	}
}

// Bursts of a device that does not run move nothing and say so.
func TestBurstsStopped(t *testing.T) {
	for s := netdev.Unprobed; s <= netdev.Failed; s++ {
		if s == netdev.Running {
			continue
		}
		d, _ := in(t, s)
		n, rx := d.RxBurst(0, make([]*netbuf.Buf, 1))
		m, tx := d.TxBurst(0, make([]*netbuf.Buf, 1))
		entered, quiet, ring := d.TxEnter(0, make([]*netbuf.Buf, 1))
		d.TxRing(0)
		held, left := d.TxPending(0)
		b, one := d.RxOne(0)
		if n+m+entered+held != 0 || ring || b != nil || rx|tx|quiet|one|left|d.TxOne(0, nil) != netdev.Stopped || d.Err() == nil {
			t.Errorf("%v: %d, %d, %v, %v, %v", s, n, m, rx, tx, d.Err())
		}
	}
	d, f := in(t, netdev.Running)
	if _, s := d.RxBurst(1, nil); s != netdev.Stopped || d.State() != netdev.Running {
		t.Error("no such queue")
	}
	packet := netbuf.Wrap(nil, 0, nil)
	f.status = netdev.More | netdev.Underrun
	if n, s := d.RxBurst(0, []*netbuf.Buf{packet, packet}); n != 2 || s.String() != "success|more|underrun" {
		t.Errorf("%d, %v", n, s)
	}
	if s := d.TxOne(0, packet); s&netdev.Success == 0 {
		t.Error(s)
	}
	if n, _ := d.TxPending(0); n != 3 {
		t.Errorf("%d pending", n)
	}
	if _, s := d.TxPending(1); s != netdev.Stopped || d.State() != netdev.Running {
		t.Error("no such transmit queue")
	}
	if _, s := d.RxBurst(0, nil); s&netdev.Success != 0 {
		t.Error("success without a packet")
	}
}

// belled is a fake with a doorbell.
type belled struct {
	*fake
	rung int
}

func (f *belled) ConfigureTx(int, netdev.TxConfig) (netdev.TxQueue, error) { return f, nil }
func (f *belled) Enter(bufs []*netbuf.Buf) (int, netdev.Status, bool) {
	return len(bufs), f.status, true
}
func (f *belled) Ring() { f.rung++ }

// A doorbell is rung when its caller says so, and by Burst where there is none.
func TestDoorbellQueue(t *testing.T) {
	pool, err := netbuf.NewPool(netbuf.Heap, 4, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	bufs := make([]*netbuf.Buf, 3)
	if err != nil || pool.GetBurst(bufs) != 3 {
		t.Fatal(err)
	}
	plain, f := newFake(), &belled{fake: newFake()}
	for _, drv := range []netdev.Driver{plain, f} {
		d := netdev.New(drv)
		if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
			t.Fatal(err)
		}
		n, s, ring := d.TxEnter(0, bufs)
		if n != 3 || s&netdev.Success == 0 || ring != (drv == f) || f.rung != 0 {
			t.Errorf("%d, %v, %v, rung %d times", n, s, ring, f.rung)
		}
		d.TxRing(0)
		d.TxRing(1)
		plain.status, f.status = netdev.Stopped, netdev.Stopped
		if _, s, _ := d.TxEnter(0, nil); s != netdev.Stopped || d.State() != netdev.Failed {
			t.Errorf("%v, and the device is %v", s, d.State())
		}
		plain.status, f.status = 0, 0
		if d.TxRing(0); drv == f && f.rung != 1 {
			t.Errorf("rung %d times", f.rung)
		}
		d.Close()
		if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
			t.Fatal(err)
		}
		if n, _ := d.TxBurst(0, bufs); n != 3 || drv == f && f.rung != 2 {
			t.Errorf("a burst of %d, rung %d times", n, f.rung)
		}
	}
}

// A failing step leaves the state as it was, and Open closes what it opened.
func TestFailingSteps(t *testing.T) {
	for _, step := range []string{"Probe", "Configure", "ConfigureRx", "ConfigureTx", "Start"} {
		f := newFake()
		f.fail[step] = errFake
		d := netdev.New(f)
		err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{})
		if !errors.Is(err, errFake) || !strings.Contains(err.Error(), step) || d.State() != netdev.Unprobed {
			t.Errorf("%s: %v, %v", step, err, d.State())
		}
		if closed := f.calls[len(f.calls)-1] == "Close"; closed != (step != "Probe") {
			t.Errorf("%s: %v", step, f.calls)
		}
	}
	d, f := in(t, netdev.Running)
	f.fail["Close"] = errFake
	if err := d.Close(); !errors.Is(err, errFake) || d.State() != netdev.Failed {
		t.Errorf("%v, %v", err, d.State())
	}
	f.fail["SetMTU"] = errFake
	d, f = in(t, netdev.Running)
	f.fail["SetMTU"], f.err = errFake, errFake
	if err := d.SetMTU(99); !errors.Is(err, errFake) || d.State() != netdev.Failed || d.MTU() != 1500 {
		t.Errorf("%v, %v, MTU %d", err, d.State(), d.MTU())
	}
}

func TestSetters(t *testing.T) {
	d, _ := in(t, netdev.Running)
	for mtu, ok := range map[int]bool{68: true, 1500: true, 67: false, 1501: false} {
		if err := d.SetMTU(mtu); (err == nil) != ok || ok && d.MTU() != mtu {
			t.Errorf("MTU %d: %v", mtu, err)
		}
	}
	for _, a := range []netdev.HardwareAddr{{}, {1, 2, 3, 4, 5, 6}} {
		if err := d.SetHardwareAddr(a); !errors.Is(err, netdev.ErrConfig) {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestRegistry(t *testing.T) {
	before := netdev.Count()
	f := newFake()
	d := netdev.Register(f)
	if d.Number() != before || netdev.Count() != before+1 || netdev.Get(before) != d || netdev.Get(-1) != nil || netdev.Get(before+1) != nil {
		t.Errorf("number %d, count %d", d.Number(), netdev.Count())
	}
	d.Probe()
	if want := "netdev 0 (fake)"; before == 0 && d.Name() != want {
		t.Errorf("%q, want %q", d.Name(), want)
	}
}

func TestParseOptions(t *testing.T) {
	parse := func(options map[string]string) (netdev.Extra, int, error) {
		return netdev.ParseOptions(func(name string) string { return options[name] })
	}
	got, _, err := parse(map[string]string{"ip": "10.0.2.15/24", "gw": "10.0.2.2", "dns": "10.0.2.3,fd00::1", "hostname": "egg"})
	want := netdev.Extra{Address: netip.MustParsePrefix("10.0.2.15/24"), Gateway: netip.MustParseAddr("10.0.2.2"),
		DNS: []netip.Addr{netip.MustParseAddr("10.0.2.3"), netip.MustParseAddr("fd00::1")}, Hostname: "egg"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, _, err := parse(map[string]string{"ip": "dhcp", "gw": "fe80::1"}); err != nil || got.Address.IsValid() {
		t.Errorf("%+v, %v", got, err)
	}
	for value, want := range map[string]int{"": 0, "0": 0, "7": 7, "none": -1} {
		if _, got, err := parse(map[string]string{"eth0": value}); got != want || err != nil {
			t.Errorf("eth0=%s: %d, %v", value, got, err)
		}
	}
	for _, bad := range []map[string]string{
		{"ip": "10.0.2.15"}, {"ip": "10.0.2.15/33"}, {"ip": "0.0.0.0/24"}, {"ip": "127.0.0.1/8"}, {"ip": "224.0.0.1/24"},
		{"ip": "::ffff:10.0.0.1/120"}, {"ip": "DHCP"}, {"ip": "fe80::1%eth0/64"},
		{"gw": "x"}, {"gw": "0.0.0.0"}, {"gw": "10.0.2.2/24"}, {"gw": "fe80::1%eth0"}, {"ip": "10.0.2.15/24", "gw": "fe80::1"},
		{"dns": "10.0.0.1,y"}, {"dns": "10.0.0.1 10.0.0.2"},
		{"eth0": "no"}, {"eth0": "-1"}, {"eth0": "1x"}, {"eth0": "65536"},
	} {
		if _, _, err := parse(bad); !errors.Is(err, netdev.ErrOption) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	d := netdev.New(newFake())
	d.SetExtra(want)
	if !reflect.DeepEqual(d.Extra(), want) {
		t.Error("SetExtra")
	}
}

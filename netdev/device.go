package netdev

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"yolk/netdev/netbuf"
)

// Device is a network device as programs see it: a Driver, its state, and what
// all drivers need. Make one with New or Register.
type Device struct {
	state atomic.Uint32
	live  atomic.Pointer[queues] // nil unless running: what bursts look at

	number int        // in the registry, -1 outside
	mu     sync.Mutex // held by control calls
	drv    Driver
	made   queues // by Configure, ConfigureRx and ConfigureTx

	info    atomic.Pointer[Info]
	hw      atomic.Pointer[HardwareAddr]
	mtu     atomic.Int64
	promisc atomic.Bool
	extra   atomic.Pointer[Extra]
}

// queues are a device's, by number.
type queues struct {
	rx []*rxSide
	tx []*txSide
}

// rxSide is a receive queue; allocated by itself, so that queues share no cache
// line.
type rxSide struct {
	q      RxQueue
	one    [1]*netbuf.Buf
	pool   *netbuf.Pool // when the device made it
	event  func(queue int)
	alarm  *time.Timer // of WaitFor, once there was one
	closed atomic.Bool
}

// txSide is a transmit queue.
type txSide struct {
	q    TxQueue
	bell DoorbellQueue // q if it is one, or nil
	one  [1]*netbuf.Buf
}

// New makes a device of a driver, unprobed and without a number.
func New(drv Driver) *Device { return newDevice(drv, -1) }

func newDevice(drv Driver, number int) *Device {
	d := &Device{drv: drv, number: number}
	d.info.Store(&Info{})
	d.hw.Store(&HardwareAddr{})
	d.extra.Store(&Extra{})
	return d
}

// Wrap puts a wrapper around the device's driver: w gets the driver and returns
// another that uses it. For an unprobed device.
func (d *Device) Wrap(w func(Driver) Driver) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("Wrap", Unprobed); err != nil {
		return err
	}
	d.drv = w(d.drv)
	return nil
}

// Probe resets and identifies the device: Unprobed to Unconfigured.
func (d *Device) Probe() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("Probe", Unprobed); err != nil {
		return err
	}
	info, err := d.drv.Probe()
	if err != nil {
		return d.wrap("Probe", err)
	}
	d.info.Store(&info)
	d.hw.Store(&info.HardwareAddr)
	d.mtu.Store(int64(info.MTU))
	d.promisc.Store(false)
	d.state.Store(uint32(Unconfigured))
	return nil
}

// Configure settles how many queues there are and which offloads are used:
// Unconfigured to Configured.
func (d *Device) Configure(cfg Config) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("Configure", Unconfigured); err != nil {
		return err
	}
	err := cfg.complete(d.info.Load())
	var info Info
	if err == nil {
		info, err = d.drv.Configure(cfg)
	}
	if err != nil {
		return d.wrap("Configure", err)
	}
	d.info.Store(&info)
	d.mtu.Store(int64(info.MTU))
	d.made = queues{make([]*rxSide, cfg.RxQueues), make([]*txSide, cfg.TxQueues)}
	d.state.Store(uint32(Configured))
	return nil
}

// Start lets packets move, with interrupts off: Configured to Running. Every
// queue must have been configured.
func (d *Device) Start() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("Start", Configured); err != nil {
		return err
	}
	missing, call := slices.Index(d.made.rx, nil), "ConfigureRx"
	if missing < 0 {
		missing, call = slices.Index(d.made.tx, nil), "ConfigureTx"
	}
	if missing >= 0 {
		return d.errorf(ErrState, "Start: a queue is not configured; call %s(%d, ...) first", call, missing)
	}
	if err := d.drv.Start(); err != nil {
		return d.wrap("Start", err)
	}
	d.run()
	for i, q := range d.made.rx {
		if q.event != nil {
			go q.dispatch(i)
		}
	}
	return nil
}

// run lets bursts at the queues.
func (d *Device) run() {
	live := d.made
	d.live.Store(&live)
	d.state.Store(uint32(Running))
}

// dispatch calls the queue's event callback after each interrupt.
func (q *rxSide) dispatch(queue int) {
	for q.q.Wait(); !q.closed.Load(); q.q.Wait() {
		q.event(queue)
	}
}

// Restart resets a Failed device and runs it again as it was configured and set,
// interrupts off. Packets inside the device are lost. No burst may be in
// progress.
func (d *Device) Restart() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("Restart", Failed); err != nil {
		return err
	}
	err := d.drv.Restart()
	if err == nil {
		d.run()
	}
	return d.wrap("Restart", err)
}

// Close stops the device and takes its buffers and memory back: from any state
// to Unprobed. Each Wait returns. No burst may be in progress. After an error
// the device is Failed: something of it may still be in use.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.State() == Unprobed {
		return d.require("Close", Unconfigured)
	}
	d.state.Store(uint32(Failed))
	d.live.Store(nil)
	for _, q := range d.made.rx {
		if q != nil {
			q.closed.Store(true)
		}
	}
	if err := d.drv.Close(); err != nil {
		return d.wrap("Close", err)
	}
	for _, q := range d.made.rx {
		// Buffers that the caller still holds keep their pool.
		if q != nil && q.pool != nil && q.pool.Available() == q.pool.Count() {
			q.pool.Close()
		}
	}
	d.made = queues{}
	d.info.Store(&Info{})
	d.state.Store(uint32(Unprobed))
	return nil
}

// Open takes a device that is unprobed, or only probed, to Running with all receive and
// all transmit queues alike. When that fails half-way the device is closed again.
func (d *Device) Open(cfg Config, rx RxConfig, tx TxConfig) error {
	if d.State() != Unconfigured {
		if err := d.Probe(); err != nil {
			return err
		}
	}
	err := d.Configure(cfg)
	if err == nil {
		// Configure accepted cfg: complete it in the same way.
		info := d.info.Load()
		err = cfg.complete(info)
	}
	for i := 0; i < cfg.RxQueues && err == nil; i++ {
		err = d.ConfigureRx(i, rx)
	}
	for i := 0; i < cfg.TxQueues && err == nil; i++ {
		err = d.ConfigureTx(i, tx)
	}
	if err == nil {
		err = d.Start()
	}
	if err != nil {
		if closing := d.Close(); closing != nil {
			return fmt.Errorf("%w; and then %w", err, closing)
		}
	}
	return err
}

// fail marks a device whose driver has stopped it. Bursts of several queues may
// find that at once.
func (d *Device) fail() {
	if d.state.CompareAndSwap(uint32(Running), uint32(Failed)) {
		d.live.Store(nil)
	}
}

// Package pipe is a pair of network devices joined by a cable, in software: for
// tests, and as the shortest complete example of a netdev.Device.
package pipe

import (
	"fmt"
	"sync"

	"yolk/netdev"
)

const (
	mtu       = 1500
	ethernet  = 14
	maxFrame  = netdev.DefaultBufferSize - netdev.DefaultHeadroom
	queueSize = 256
)

// Device is one end. A frame sent is copied into one of the other end's receive
// buffers; without a free one the sender is told that the queue is full.
type Device struct {
	netdev.Lifecycle
	peer   *Device
	addr   netdev.HardwareAddr
	notify func()
	cfg    netdev.Config
	count  netdev.Counters

	mu    sync.Mutex
	pool  *netdev.Pool     // receive buffers
	ring  []*netdev.Buffer // frames received, at most cfg.RxSize
	armed bool             // call notify at the next frame
}

var _ netdev.Device = (*Device)(nil)

// New returns the two ends, unprobed. notifyA is called (by the sender, briefly)
// when end a gets a frame while its interrupt is enabled, notifyB likewise; each
// may be nil.
func New(notifyA, notifyB func()) (a, b *Device) {
	a = &Device{addr: netdev.HardwareAddr{2, 0, 0, 0, 0, 1}, notify: notifyA}
	b = &Device{addr: netdev.HardwareAddr{2, 0, 0, 0, 0, 2}, notify: notifyB}
	a.peer, b.peer = b, a
	return a, b
}

// Probe implements netdev.Device.
func (d *Device) Probe() error { return d.Enter(netdev.Unconfigured) }

// Configure implements netdev.Device.
func (d *Device) Configure(cfg netdev.Config) error {
	if s := d.State(); s != netdev.Unconfigured {
		return &netdev.StateError{From: s, To: netdev.Configured}
	}
	if max(cfg.RxQueues, cfg.TxQueues) > 1 || cfg.BufferSize > netdev.DefaultBufferSize {
		return fmt.Errorf("%w: %+v", netdev.ErrConfig, cfg)
	}
	if cfg.RxSize == 0 {
		cfg.RxSize = queueSize
	}
	if cfg.RxBuffers == 0 {
		cfg.RxBuffers = cfg.RxSize + 64
	}
	pool, err := netdev.NewPool(netdev.Heap, cfg.RxBuffers, netdev.DefaultBufferSize, netdev.DefaultHeadroom)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cfg, d.pool = cfg, pool
	return d.Enter(netdev.Configured)
}

// Start implements netdev.Device.
func (d *Device) Start() error { return d.Enter(netdev.Running) }

// Restart implements netdev.Device; a pipe never fails.
func (d *Device) Restart() error {
	return &netdev.StateError{From: d.State(), To: netdev.Running}
}

// Close implements netdev.Device.
func (d *Device) Close() error {
	if err := d.Enter(netdev.Unprobed); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	netdev.FreeBurst(d.ring)
	d.ring, d.armed = nil, false
	return nil
}

// Info implements netdev.Device.
func (d *Device) Info() netdev.Info {
	return netdev.Info{
		Driver: "pipe", MaxRxQueues: 1, MaxTxQueues: 1, MaxRxSize: 1 << 15, MaxTxSize: 1 << 15,
		MaxMTU: maxFrame - ethernet, RxHeadroom: netdev.DefaultHeadroom, MaxTxChain: 64,
		Memory: netdev.Heap, HardwareAddr: d.addr,
	}
}

// HardwareAddr implements netdev.Device.
func (d *Device) HardwareAddr() netdev.HardwareAddr { return d.addr }

// MTU implements netdev.Device.
func (d *Device) MTU() int { return mtu }

// Link implements netdev.Device: up while the other end runs.
func (d *Device) Link() netdev.LinkState {
	if d.peer.State() == netdev.Running {
		return netdev.LinkUp
	}
	return netdev.LinkDown
}

// Stats implements netdev.Device.
func (d *Device) Stats() (s netdev.Stats) {
	d.count.AddTo(&s)
	return s
}

// TxBurst implements netdev.Device. Frames to an end that is not running are
// lost, as on a cable.
func (d *Device) TxBurst(queue int, bufs []*netdev.Buffer) int {
	if queue != 0 || d.State() != netdev.Running {
		return 0
	}
	n, bytes := 0, 0
	for _, b := range bufs {
		if !d.peer.arrive(b) {
			d.count.TxFull.Add(1)
			break
		}
		bytes += b.PacketLen()
		b.Free()
		n++
	}
	d.count.TxPackets.Add(uint64(n))
	d.count.TxBytes.Add(uint64(bytes))
	if n > 0 {
		d.peer.interrupt()
	}
	return n
}

// arrive copies a frame in; false when there is no room.
func (d *Device) arrive(frame *netdev.Buffer) bool {
	if d.State() != netdev.Running {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ring) >= d.cfg.RxSize {
		return false
	}
	in := d.pool.Get()
	if in == nil {
		return false
	}
	for p := frame; p != nil; p = p.Next() {
		room := in.Append(p.Len())
		if room == nil {
			in.Free()
			d.count.RxErrors.Add(1)
			return true
		}
		copy(room, p.Bytes())
	}
	d.ring = append(d.ring, in)
	return true
}

// interrupt calls notify if the receiver asked for it.
func (d *Device) interrupt() {
	d.mu.Lock()
	fire := d.armed && len(d.ring) > 0
	if fire {
		d.armed = false
	}
	d.mu.Unlock()
	if fire && d.notify != nil {
		d.notify()
	}
}

// RxBurst implements netdev.Device.
func (d *Device) RxBurst(queue int, bufs []*netdev.Buffer) int {
	if queue != 0 || d.State() != netdev.Running {
		return 0
	}
	d.mu.Lock()
	n := copy(bufs, d.ring)
	d.ring = d.ring[:copy(d.ring, d.ring[n:])]
	d.mu.Unlock()
	bytes := 0
	for _, b := range bufs[:n] {
		bytes += b.Len()
	}
	d.count.RxPackets.Add(uint64(n))
	d.count.RxBytes.Add(uint64(bytes))
	return n
}

// EnableInterrupt implements netdev.Device.
func (d *Device) EnableInterrupt(queue int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = queue == 0
	return len(d.ring) > 0
}

// DisableInterrupt implements netdev.Device.
func (d *Device) DisableInterrupt(queue int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = false
}

// Package pipe has network devices made of nothing but software: a pair joined
// by a cable, and a loopback device, whose cable leads back to itself. They are
// for tests and for measuring everything but the device, and the shortest
// complete example of a netdev.Driver.
//
// A frame sent is copied into one of the receiver's buffers. Offload metadata
// goes with it to a receiver that asked for it, as between virtual machines on one host.
package pipe

import (
	"fmt"
	"sync/atomic"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

const (
	defaultMTU  = 1500
	minMTU      = 68
	maxMTU      = 65535
	defaultSize = 256
	maxSize     = 1 << 15
	maxChain    = 64

	features = netdev.TxChecksum | netdev.RxChecksum | netdev.LinkStatus | netdev.PromiscuousMode | netdev.HardwareAddrChange |
		netdev.MTUChange | netdev.Interrupts | netdev.LinkEvents
)

// Driver is one end of the cable.
type Driver struct {
	name    string
	peer    *Driver
	base    netdev.HardwareAddr
	running atomic.Bool
	promisc atomic.Bool
	addr    atomic.Pointer[netdev.HardwareAddr]
	mtu     atomic.Int64
	have    netdev.Features
	link    chan struct{} // the other end, or this one, has come or gone
	rx      queue
	tx      sender
}

var _ netdev.Driver = (*Driver)(nil)

func newDriver(name string, last byte) *Driver {
	d := &Driver{name: name, base: netdev.HardwareAddr{2, 0, 0, 0, 0, last}}
	d.tx.d = d
	d.rx.wake, d.link = make(chan struct{}, 1), make(chan struct{}, 1)
	return d
}

// New returns the two ends of a cable.
func New() (a, b *Driver) {
	a, b = newDriver("pipe", 1), newDriver("pipe", 2)
	a.peer, b.peer = b, a
	return a, b
}

// Loopback returns a device that receives what it sends.
func Loopback() *Driver {
	d := newDriver("loopback", 1)
	d.peer = d
	return d
}

// Probe implements netdev.Driver.
func (d *Driver) Probe() (netdev.Info, error) {
	d.have = features
	d.addr.Store(&d.base)
	d.mtu.Store(defaultMTU)
	// Whoever looks at a loopback device looks at all its traffic.
	d.promisc.Store(d.peer == d)
	return d.info(), nil
}

func (d *Driver) info() netdev.Info {
	return netdev.Info{
		Driver: d.name, MaxRxQueues: 1, MaxTxQueues: 1, MTU: defaultMTU, MinMTU: minMTU, MaxMTU: maxMTU,
		IOAlign: 1, MaxTxChain: maxChain, Features: d.have, Memory: netbuf.Heap, HardwareAddr: d.base,
	}
}

// Configure implements netdev.Driver.
func (d *Driver) Configure(cfg netdev.Config) (netdev.Info, error) {
	d.have = features&^netdev.Offloads | cfg.Offloads
	d.rx.counters.Reset()
	d.tx.counters.Reset()
	return d.info(), nil
}

// RxInfo implements netdev.Driver.
func (d *Driver) RxInfo(int) netdev.QueueInfo {
	return netdev.QueueInfo{Max: maxSize, Min: 1, Align: 1, Default: defaultSize}
}

// TxInfo implements netdev.Driver.
func (d *Driver) TxInfo(int) netdev.QueueInfo { return d.RxInfo(0) }

// ConfigureRx implements netdev.Driver.
func (d *Driver) ConfigureRx(_ int, cfg netdev.RxConfig) (netdev.RxQueue, error) {
	d.rx.open(cfg)
	return &d.rx, nil
}

// ConfigureTx implements netdev.Driver.
func (d *Driver) ConfigureTx(int, netdev.TxConfig) (netdev.TxQueue, error) { return &d.tx, nil }

// Start implements netdev.Driver.
func (d *Driver) Start() error {
	d.rx.refill(d.rx.cfg.Size)
	d.run(true)
	return nil
}

// run starts or stops this end, which either end's WaitLink may wait for.
func (d *Driver) run(on bool) {
	d.running.Store(on)
	signal(d.link)
	signal(d.peer.link)
}

// signal leaves word in a channel for who waits now or next.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Restart implements netdev.Driver; a pipe never fails.
func (d *Driver) Restart() error { return nil }

// Close implements netdev.Driver.
func (d *Driver) Close() error {
	d.run(false)
	d.rx.close()
	return nil
}

// SetHardwareAddr implements netdev.Driver.
func (d *Driver) SetHardwareAddr(a netdev.HardwareAddr) error {
	d.addr.Store(&a)
	return nil
}

// SetMulticast implements netdev.Driver: all multicasts are delivered.
func (d *Driver) SetMulticast([]netdev.HardwareAddr) error { return netdev.ErrUnsupported }

// SetPromiscuous implements netdev.Driver.
func (d *Driver) SetPromiscuous(on bool) error {
	d.promisc.Store(on || d.peer == d)
	return nil
}

// SetMTU implements netdev.Driver: receive buffers must be large enough for it.
func (d *Driver) SetMTU(mtu int) error {
	if room := d.rx.room; mtu+ethernet > room {
		return fmt.Errorf("%w: MTU %d, receive buffers have room for %d bytes", netdev.ErrConfig, mtu, room)
	}
	d.mtu.Store(int64(mtu))
	return nil
}

// Link implements netdev.Driver: up while the other end runs.
func (d *Driver) Link() netdev.LinkState {
	if d.peer.running.Load() {
		return netdev.LinkUp
	}
	return netdev.LinkDown
}

// WaitLink implements netdev.Driver.
func (d *Driver) WaitLink() { <-d.link }

// Stats implements netdev.Driver.
func (d *Driver) Stats() (s netdev.Stats) {
	d.rx.counters.AddTo(&s)
	d.tx.counters.AddTo(&s)
	return s
}

// Err implements netdev.Driver; a pipe never fails.
func (d *Driver) Err() error { return nil }

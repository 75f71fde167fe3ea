// Package net drives virtio network devices (VIRTIO 1.2, 5.1) as netdev.Drivers.
//
// Each queue is touched by one goroutine at a time and its fast path neither locks
// nor allocates. A packet travels as its header in the headroom of its first
// buffer and its parts, one descriptor each; the driver copies nothing. Devices of
// version 1 and legacy ones, split and packed rings are driven alike.
//
// What the device writes is checked: the ring by package virtio, the packet
// header here. A packet with a senseless header is counted and dropped. A device
// that breaks the ring or the merging of buffers is counted, bursts report
// netdev.Stopped with the cause in Err, and Restart resets it.
package net

import (
	"errors"
	"fmt"
	"sync/atomic"

	"yolk/drivers/virtio"
	"yolk/netdev"
)

// Defaults keep an idle device at about half a megabyte: 128 + 64 receive buffers of
// 2 KiB and two rings.
const (
	defaultRxSize = 128
	defaultTxSize = 256
	minSize       = 2
	defaultMTU    = 1500
	minMTU        = 68 // 5.1.4.1
	maxMTU        = 65535
	maxPairs      = 0x8000 // 5.1.4.1
)

// maxChain is the longest packet to send, in buffers: 64 KiB in quarters of
// pages, or what fits in a small ring.
const maxChain = 64

// Errors of bring-up.
var (
	ErrKind  = errors.New("virtio-net: not a network device")
	ErrMTU   = errors.New("virtio-net: device announces an impossible MTU")
	ErrPairs = errors.New("virtio-net: device announces an impossible number of queue pairs")
	// ErrGaveUp is the cause when the device sets DEVICE_NEEDS_RESET.
	ErrGaveUp = errors.New("virtio-net: device has met an error and needs a reset")
	// ErrGone is the cause when the device has left the machine. Restart works again
	// when it is back.
	ErrGone = errors.New("virtio-net: device has left the machine")
)

// Device is a virtio network device; it implements netdev.Driver.
type Device struct {
	t   virtio.Transport
	mem virtio.Memory
	irq Interrupts // nil: the device can only be polled

	offer   virtio.Feature // since Probe
	agreed  virtio.Feature // since Configure
	have    netdev.Features
	mac     netdev.HardwareAddr
	mtu     int
	longest atomic.Int64 // bytes of a frame to send, without segmentation offload

	maxPairs int  // queue pairs, since Probe
	hdr      int  // bytes of the packet header
	framed   bool // it must have a descriptor of its own (legacy)

	set     settings
	rx      []*rxQueue
	tx      []*txQueue
	control control

	failed atomic.Bool // and until Restart nothing moves

	cause atomic.Pointer[error] // why the device failed
	slow  netdev.Counters       // restarts
}

var _ netdev.Driver = (*Device)(nil)

// New returns a driver for the network device behind t, with rings and buffers
// in mem. It does not touch the device.
func New(t virtio.Transport, mem virtio.Memory) (*Device, error) {
	if id := t.DeviceID(); id != virtio.IDNet {
		return nil, fmt.Errorf("%w: virtio id %d", ErrKind, id)
	}
	return &Device{t: t, mem: mem}, nil
}

// Interrupts are what a platform makes of the device's. A queue is a receive queue
// by the number of its virtqueue, 0, 2, 4 ..., or virtio.ConfigVector for changes of
// the configuration. One goroutine at a time waits for each.
type Interrupts interface {
	// Wait blocks the calling goroutine until the device has interrupted for the
	// queue since the last Wait, or Wake was called; it may return early.
	Wait(queue int)
	Wake(queue int)
}

// WaitWith gives the driver its interrupts, before Probe.
func (d *Device) WaitWith(i Interrupts) { d.irq = i }

// Probe implements netdev.Driver: resets the device and reads its offer, its
// address and its MTU.
func (d *Device) Probe() (netdev.Info, error) {
	offer, err := virtio.Begin(d.t)
	if err != nil {
		return netdev.Info{}, err
	}
	d.offer, d.agreed = offer, choose(offer, 0)
	d.have = d.describe(d.agreed)
	if err := d.readConfig(); err != nil {
		virtio.Fail(d.t)
		return netdev.Info{}, err
	}
	for _, n := range []int{rxNumber(0), txNumber(0)} {
		if d.t.MaxQueueSize(n) < minSize {
			virtio.Fail(d.t)
			return netdev.Info{}, fmt.Errorf("%w: queue %d", virtio.ErrNoQueue, n)
		}
	}
	return d.info(), nil
}

// readConfig reads address, MTU and the number of queue pairs, or sets defaults
// when the device does not have them. Reading before FEATURES_OK is allowed
// (3.1.1, step 4).
func (d *Device) readConfig() error {
	d.mac = netdev.HardwareAddr{0x02, 'y', 'o', 'l', 'k', 0}
	d.mtu, d.maxPairs = defaultMTU, 1
	var err error
	if size := configBytes(d.agreed); size > 0 {
		err = virtio.ReadConfig(d.t, size, func(r virtio.Region) {
			if d.agreed&featMAC != 0 {
				for i := range d.mac {
					d.mac[i] = r.Read8(cfgMAC + uint32(i))
				}
			}
			if d.agreed&featMQ != 0 {
				d.maxPairs = int(r.Read16(cfgPairs))
			}
			if d.agreed&featMTU != 0 {
				d.mtu = int(r.Read16(cfgMTU))
			}
		})
	}
	if err == nil && (d.mtu < minMTU || d.mtu > maxMTU) {
		err = fmt.Errorf("%w: %d", ErrMTU, d.mtu)
	}
	d.SetMTU(d.mtu)
	d.set = settings{}
	if err == nil && (d.maxPairs < 1 || d.maxPairs > maxPairs) {
		err = fmt.Errorf("%w: %d", ErrPairs, d.maxPairs)
	}
	return err
}

// Start implements netdev.Driver: posts the receive buffers and sets DRIVER_OK.
func (d *Device) Start() error {
	d.failed.Store(false)
	d.cause.Store(nil)
	for _, r := range d.rx {
		r.ring.DisableInterrupt()
	}
	for _, t := range d.tx {
		t.ring.DisableInterrupt()
	}
	virtio.Ready(d.t)
	if err := d.setPairs(len(d.rx)); err != nil {
		virtio.Fail(d.t)
		return err
	}
	for _, r := range d.rx {
		r.refill()
	}
	return nil
}

// Restart implements netdev.Driver.
func (d *Device) Restart() error {
	if err := d.t.Reset(); err != nil {
		return err // the device may still write its buffers: they stay lost
	}
	d.release()
	offer, err := virtio.Begin(d.t)
	if err != nil {
		return err
	}
	if missing := d.agreed &^ offer; missing != 0 {
		return fmt.Errorf("%w: no longer offered: %#x", virtio.ErrFeatures, uint64(missing))
	}
	if err := d.bringUp(); err != nil {
		return err
	}
	for _, r := range d.rx {
		if err := r.open(); err != nil {
			return err
		}
	}
	for _, t := range d.tx {
		if err := t.open(); err != nil {
			return err
		}
	}
	d.slow.Restarts.Add(1)
	if err := d.Start(); err != nil {
		return err
	}
	d.wakeLink() // changes during the reset gave no interrupt
	return d.set.apply(d)
}

// Close implements netdev.Driver.
func (d *Device) Close() error {
	if err := d.t.Reset(); err != nil {
		return err
	}
	d.release()
	for _, r := range d.rx {
		if d.irq != nil {
			r.Wake()
		}
	}
	d.wakeLink()
	d.closeQueues()
	return nil
}

// fail records that the device broke a rule. Each queue's goroutine may call it;
// what is seen of a device that has failed already is not another failure.
func (d *Device) fail(c *netdev.Counters, cause error) {
	if d.stop(cause) {
		c.DeviceErrors.Add(1)
	}
}

// stop makes every queue report netdev.Stopped, with the first of concurrent
// causes in Err. It reports whether this one was it.
func (d *Device) stop(cause error) bool {
	if !d.cause.CompareAndSwap(nil, &cause) {
		return false
	}
	d.failed.Store(true)
	return true
}

// Err implements netdev.Driver.
func (d *Device) Err() error {
	if p := d.cause.Load(); p != nil {
		return *p
	}
	return nil
}

// info is what netdev is told.
func (d *Device) info() netdev.Info {
	return netdev.Info{
		Driver:       "virtio-net",
		MaxRxQueues:  d.maxPairs,
		MaxTxQueues:  d.maxPairs,
		Paired:       true,
		MTU:          d.mtu,
		MinMTU:       minMTU,
		MaxMTU:       d.mtu,
		TxHeadroom:   headerBytes,
		RxHeadroom:   headerBytes,
		IOAlign:      1,
		MaxTxChain:   maxChain,
		Features:     d.have,
		Memory:       d.mem,
		HardwareAddr: d.mac,
	}
}

// Link implements netdev.Driver: without the STATUS feature the link is up (5.1.4).
// A device that gives up says so by the interrupt that also tells of the link
// (2.1.2), so here is where that is looked at.
func (d *Device) Link() netdev.LinkState {
	switch s := d.t.Status(); {
	case s == virtio.StatusGone:
		d.stop(ErrGone)
		return netdev.LinkDown
	case s&virtio.StatusNeedsReset != 0:
		d.fail(&d.slow, ErrGaveUp)
		return netdev.LinkDown
	}
	if d.agreed&featStatus != 0 && d.t.Config().Read16(cfgStatus)&linkUpBit == 0 {
		return netdev.LinkDown
	}
	return netdev.LinkUp
}

// WaitLink implements netdev.Driver: for the configuration change interrupt
// (5.1.4: the status is part of the configuration).
func (d *Device) WaitLink() { d.irq.Wait(virtio.ConfigVector) }

// wakeLink ends a WaitLink.
func (d *Device) wakeLink() {
	if d.irq != nil {
		d.irq.Wake(virtio.ConfigVector)
	}
}

// Stats implements netdev.Driver.
func (d *Device) Stats() netdev.Stats {
	var s netdev.Stats
	for _, r := range d.rx {
		r.counters.AddTo(&s)
	}
	for _, t := range d.tx {
		t.counters.AddTo(&s)
	}
	d.slow.AddTo(&s)
	return s
}

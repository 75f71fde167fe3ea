package net

import (
	"fmt"
	"math/bits"

	"yolk/drivers/virtio"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Configure implements netdev.Driver: agrees on features.
func (d *Device) Configure(cfg netdev.Config) (netdev.Info, error) {
	d.agree(choose(d.offer, netdev.Offloads&^cfg.Offloads), cfg.RxQueues)
	if err := d.bringUp(); err != nil {
		return netdev.Info{}, err
	}
	d.rx, d.tx = nil, nil
	return d.info(), nil
}

// agree settles the features and what follows from them.
func (d *Device) agree(f virtio.Feature, pairs int) {
	if pairs < 2 {
		f &^= featMQ
	}
	d.agreed = f
	d.have = d.describe(f)
	d.hdr, d.framed = headerBytes, false
	if d.t.Legacy() {
		d.framed = f&virtio.FeatureAnyLayout == 0
		if f&featMrgRxbuf == 0 {
			d.hdr = headerBytesLegacy
		}
	}
}

// RxInfo implements netdev.Driver.
func (d *Device) RxInfo(queue int) netdev.QueueInfo {
	return queueInfo(d.t.MaxQueueSize(rxNumber(queue)), defaultRxSize)
}

// TxInfo implements netdev.Driver.
func (d *Device) TxInfo(queue int) netdev.QueueInfo {
	return queueInfo(d.t.MaxQueueSize(txNumber(queue)), defaultTxSize)
}

// queueInfo describes a queue. The device need not have a power of two as its
// maximum (2.7: the size has to be).
func queueInfo(limit, preferred int) netdev.QueueInfo {
	most := 0
	if limit > 0 {
		most = 1 << (bits.Len(uint(limit)) - 1)
	}
	return netdev.QueueInfo{Max: most, Min: minSize, Align: 1, PowerOfTwo: true, Default: min(preferred, most)}
}

// ConfigureRx implements netdev.Driver.
func (d *Device) ConfigureRx(queue int, cfg netdev.RxConfig) (netdev.RxQueue, error) {
	if room := cfg.BufferSize - cfg.Headroom; d.agreed&featMrgRxbuf == 0 && room < d.mtu+ethernetBytes {
		return nil, fmt.Errorf("%w: buffers with room for %d bytes; the device does not merge them and its MTU needs %d",
			netdev.ErrConfig, room, d.mtu+ethernetBytes)
	}
	r := &rxQueue{d: d, number: rxNumber(queue), cfg: cfg}
	if err := r.open(); err != nil {
		free(&r.memory)
		return nil, err
	}
	d.rx = append(d.rx, r)
	return r, nil
}

// ConfigureTx implements netdev.Driver.
func (d *Device) ConfigureTx(queue int, cfg netdev.TxConfig) (netdev.TxQueue, error) {
	t := &txQueue{d: d, number: txNumber(queue), cfg: cfg, chain: make([]virtio.Segment, 0, maxChain+1)}
	var err error
	if t.headers, err = netbuf.NewPool(d.mem, max(1, cfg.Size/2), 64, headerBytes); err != nil {
		return nil, fmt.Errorf("virtio-net: headers: %w", err)
	}
	if err := t.open(); err != nil {
		free(&t.memory)
		t.headers.Close()
		return nil, err
	}
	d.tx = append(d.tx, t)
	return t, nil
}

// closeQueues returns the queues' memory, with the device reset.
func (d *Device) closeQueues() {
	for _, r := range d.rx {
		free(&r.memory)
	}
	for _, t := range d.tx {
		t.headers.Close()
		free(&t.memory)
	}
	free(&d.control.memory, &d.control.buffer)
	d.rx, d.tx = nil, nil
}

// bringUp agrees on features with a device after virtio.Begin and makes the
// control queue.
func (d *Device) bringUp() error {
	if err := virtio.Accept(d.t, d.agreed); err != nil {
		return err
	}
	if err := d.t.SetupConfigInterrupt(); err != nil {
		return err
	}
	return d.makeControl()
}

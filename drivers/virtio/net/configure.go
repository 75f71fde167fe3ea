package net

import (
	"fmt"

	"yolk/drivers/virtio"
	"yolk/netdev"
)

// Configure implements netdev.Device: agrees on features and makes the rings
// and the receive buffers.
func (d *Device) Configure(cfg netdev.Config) error {
	if s := d.State(); s != netdev.Unconfigured {
		return &netdev.StateError{From: s, To: netdev.Configured}
	}
	if err := d.complete(&cfg); err != nil {
		return err
	}
	d.cfg = cfg
	d.agree(choose(d.offer, cfg.Refuse))
	if d.agreed&featMrgRxbuf == 0 {
		// A packet must then fit in one buffer.
		d.mtu = min(d.mtu, cfg.BufferSize-netdev.DefaultHeadroom-ethernetBytes)
	}
	if err := d.makePools(); err != nil {
		d.closePools()
		return err
	}
	if err := d.bringUp(); err != nil {
		d.closePools()
		return err
	}
	return nil
}

// agree settles the features and what follows from them.
func (d *Device) agree(f virtio.Feature) {
	if d.cfg.RxQueues < 2 {
		f &^= featMQ
	}
	d.agreed = f
	d.have = describe(f)
	d.hdr, d.framed = headerBytes, false
	if d.t.Legacy() {
		d.framed = f&virtio.FeatureAnyLayout == 0
		if f&featMrgRxbuf == 0 {
			d.hdr = headerBytesLegacy
		}
	}
}

// complete fills in the driver's choices and checks the caller's. Queues come in
// pairs.
func (d *Device) complete(cfg *netdev.Config) error {
	pairs := max(cfg.RxQueues, cfg.TxQueues, 1)
	if pairs > d.maxPairs {
		return fmt.Errorf("%w: %d queue pairs, %d and %d asked for", netdev.ErrConfig, d.maxPairs, cfg.RxQueues, cfg.TxQueues)
	}
	cfg.RxQueues, cfg.TxQueues = pairs, pairs
	if cfg.BufferSize == 0 {
		cfg.BufferSize = netdev.DefaultBufferSize
	}
	if err := size(&cfg.RxSize, defaultRxSize, d.maxRx); err != nil {
		return fmt.Errorf("receive queue: %w", err)
	}
	if err := size(&cfg.TxSize, defaultTxSize, d.maxTx); err != nil {
		return fmt.Errorf("transmit queue: %w", err)
	}
	if cfg.RxBuffers == 0 {
		cfg.RxBuffers = cfg.RxSize + rxSpare
	}
	if cfg.BufferSize < netdev.DefaultHeadroom+minMTU+ethernetBytes {
		return fmt.Errorf("%w: buffers of %d bytes", netdev.ErrConfig, cfg.BufferSize)
	}
	return nil
}

// makePools makes the queues' records and their buffers.
func (d *Device) makePools() (err error) {
	d.rx, d.tx = nil, nil
	for i := range d.cfg.RxQueues {
		r := &rxQueue{d: d, number: rxNumber(i)}
		d.rx = append(d.rx, r)
		if r.pool, err = netdev.NewPool(d.mem, d.cfg.RxBuffers, d.cfg.BufferSize, netdev.DefaultHeadroom); err != nil {
			return fmt.Errorf("virtio-net: receive buffers: %w", err)
		}
		t := &txQueue{d: d, number: txNumber(i), chain: make([]virtio.Segment, 0, maxChain+1)}
		d.tx = append(d.tx, t)
		if t.headers, err = netdev.NewPool(d.mem, d.cfg.TxSize/2, 64, headerBytes); err != nil {
			return fmt.Errorf("virtio-net: headers: %w", err)
		}
	}
	return nil
}

// closePools frees the buffers of pools that nobody holds packets of; the others
// stay as they are.
func (d *Device) closePools() {
	closePool := func(p *netdev.Pool) {
		if p != nil && p.Available() == p.Count() {
			p.Close()
		}
	}
	for _, r := range d.rx {
		closePool(r.pool)
		r.memory.free(d.mem)
	}
	for _, t := range d.tx {
		closePool(t.headers)
		t.memory.free(d.mem)
	}
	d.control.memory.free(d.mem)
	d.control.buffer.free(d.mem)
	d.rx, d.tx = nil, nil
}

// bringUp takes a device after virtio.Begin to Configured, with the features in
// agreed and the configuration in cfg.
func (d *Device) bringUp() error {
	if err := virtio.Accept(d.t, d.agreed); err != nil {
		return err
	}
	if err := d.t.SetupConfigInterrupt(); err != nil {
		return err
	}
	if err := d.makeQueues(); err != nil {
		return err
	}
	return d.Enter(netdev.Configured)
}

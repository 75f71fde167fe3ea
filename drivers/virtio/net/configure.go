package net

import (
	"fmt"
	"math/bits"

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
	d.agreed = choose(d.offer, cfg.Refuse)
	d.have = describe(d.agreed)
	if d.agreed&featMrgRxbuf == 0 {
		// A packet must then fit in one buffer.
		d.mtu = min(d.mtu, cfg.BufferSize-netdev.DefaultHeadroom-ethernetBytes)
	}
	pool, err := netdev.NewPool(d.mem, cfg.RxBuffers, cfg.BufferSize, netdev.DefaultHeadroom)
	if err != nil {
		return fmt.Errorf("virtio-net: receive buffers: %w", err)
	}
	d.rx.pool = pool
	if err := d.bringUp(); err != nil {
		pool.Close()
		d.rx.pool = nil
		return err
	}
	return nil
}

// complete fills in the driver's choices and checks the caller's.
func (d *Device) complete(cfg *netdev.Config) error {
	if max(cfg.RxQueues, cfg.TxQueues) > 1 {
		return fmt.Errorf("%w: one queue pair, %d and %d asked for", netdev.ErrConfig, cfg.RxQueues, cfg.TxQueues)
	}
	cfg.RxQueues, cfg.TxQueues = 1, 1
	d.rx.max, d.tx.max = d.t.MaxQueueSize(queueRx), d.t.MaxQueueSize(queueTx)
	if cfg.BufferSize == 0 {
		cfg.BufferSize = netdev.DefaultBufferSize
	}
	if err := size(&cfg.RxSize, defaultRxSize, d.rx.max); err != nil {
		return fmt.Errorf("receive queue: %w", err)
	}
	if err := size(&cfg.TxSize, defaultTxSize, d.tx.max); err != nil {
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

// size checks a queue size against the device's maximum, or chooses it. The
// device need not have a power of two as its maximum (2.7: the size has to be).
func size(n *int, preferred, limit int) error {
	if limit < 2 {
		return fmt.Errorf("%w: missing", virtio.ErrNoQueue)
	}
	if *n == 0 {
		*n = min(preferred, 1<<(bits.Len(uint(limit))-1))
	}
	if *n < 2 || *n > limit || *n&(*n-1) != 0 {
		return fmt.Errorf("%w: size %d, a power of two up to %d wanted", netdev.ErrConfig, *n, limit)
	}
	return nil
}

// bringUp takes a device after virtio.Begin to Configured, with the features in
// agreed and the configuration in cfg.
func (d *Device) bringUp() error {
	if err := virtio.Accept(d.t, d.agreed); err != nil {
		return err
	}
	if err := d.makeQueue(&d.rx.ringMemory, &d.rx.q, queueRx, d.cfg.RxSize); err != nil {
		return err
	}
	if err := d.makeQueue(&d.tx.ringMemory, &d.tx.q, queueTx, d.cfg.TxSize); err != nil {
		return err
	}
	d.rx.prepare(d.cfg.RxSize)
	if err := d.tx.prepare(d.cfg.TxSize, d.mem); err != nil {
		return err
	}
	return d.Enter(netdev.Configured)
}

// ringMemory is one allocation from virtio.Memory, kept for the next restart.
type ringMemory struct {
	mem  []byte
	addr uint64
}

// allocate gets n zeroed bytes, the same again if it has them.
func (r *ringMemory) allocate(m virtio.Memory, n int) (err error) {
	if len(r.mem) == n {
		clear(r.mem)
		return nil
	}
	r.mem, r.addr, err = m.Alloc(n, virtio.RingAlign)
	return err
}

// free returns the memory, with the device reset.
func (r *ringMemory) free(m virtio.Memory) {
	if r.mem != nil {
		m.Free(r.mem, r.addr)
	}
	*r = ringMemory{}
}

// makeQueue makes queue number n and tells the device about it.
func (d *Device) makeQueue(r *ringMemory, q **virtio.Queue, n, size int) (err error) {
	if err = r.allocate(d.mem, virtio.RingBytes(size)); err != nil {
		return fmt.Errorf("virtio-net: ring %d: %w", n, err)
	}
	if *q, err = virtio.NewQueue(size, r.mem, r.addr, d.agreed&virtio.FeatureEventIdx != 0); err != nil {
		return err
	}
	return d.t.SetupQueue(n, size, (*q).Addresses())
}

// release takes all buffers back from a device that has been reset.
func (d *Device) release() {
	for _, s := range []*side{&d.rx.side, &d.tx.side} {
		if s.q == nil {
			continue
		}
		s.q.Abandon(func(id uint16) {
			s.bufs[id].Free()
			s.bufs[id] = nil
		})
		s.q = nil
	}
	if d.rx.first != nil {
		d.rx.first.Free()
		d.rx.first = nil
	}
}

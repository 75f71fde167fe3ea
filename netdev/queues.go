package netdev

import "yolk/netdev/netbuf"

// RxInfo says what sizes receive queue `queue` of a configured device can have.
func (d *Device) RxInfo(queue int) (QueueInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.atLeast("RxInfo", Configured); err != nil {
		return QueueInfo{}, err
	}
	if uint(queue) >= uint(len(d.made.rx)) {
		return QueueInfo{}, d.errorf(ErrNoQueue, "RxInfo: receive queue %d of %d", queue, len(d.made.rx))
	}
	return d.drv.RxInfo(queue), nil
}

// TxInfo is RxInfo for a transmit queue.
func (d *Device) TxInfo(queue int) (QueueInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.atLeast("TxInfo", Configured); err != nil {
		return QueueInfo{}, err
	}
	if uint(queue) >= uint(len(d.made.tx)) {
		return QueueInfo{}, d.errorf(ErrNoQueue, "TxInfo: transmit queue %d of %d", queue, len(d.made.tx))
	}
	return d.drv.TxInfo(queue), nil
}

// ConfigureRx sets up a receive queue of a configured device, once.
func (d *Device) ConfigureRx(queue int, cfg RxConfig) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("ConfigureRx", Configured); err != nil {
		return err
	}
	if uint(queue) >= uint(len(d.made.rx)) {
		return d.errorf(ErrNoQueue, "ConfigureRx: queue %d; Configure asked for %d", queue, len(d.made.rx))
	}
	if d.made.rx[queue] != nil {
		return d.errorf(ErrState, "ConfigureRx: queue %d is configured already; Close and begin again to change it", queue)
	}
	info := d.info.Load()
	if err := cfg.complete(info, d.drv.RxInfo(queue)); err != nil {
		return d.wrap("ConfigureRx", err)
	}
	side := &rxSide{event: cfg.Event}
	if cfg.Alloc == nil {
		pool, err := netbuf.NewPool(info.Memory, cfg.Buffers, cfg.BufferSize, cfg.Headroom)
		if err != nil {
			return d.wrap("ConfigureRx", err)
		}
		side.pool, cfg.Alloc = pool, pool.GetBurst
	}
	q, err := d.drv.ConfigureRx(queue, cfg)
	if err != nil {
		if side.pool != nil {
			side.pool.Close()
		}
		return d.wrap("ConfigureRx", err)
	}
	side.q = q
	d.made.rx[queue] = side
	return nil
}

// ConfigureTx sets up a transmit queue of a configured device, once.
func (d *Device) ConfigureTx(queue int, cfg TxConfig) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.require("ConfigureTx", Configured); err != nil {
		return err
	}
	if uint(queue) >= uint(len(d.made.tx)) {
		return d.errorf(ErrNoQueue, "ConfigureTx: queue %d; Configure asked for %d", queue, len(d.made.tx))
	}
	if d.made.tx[queue] != nil {
		return d.errorf(ErrState, "ConfigureTx: queue %d is configured already; Close and begin again to change it", queue)
	}
	if err := cfg.complete(d.info.Load(), d.drv.TxInfo(queue)); err != nil {
		return d.wrap("ConfigureTx", err)
	}
	q, err := d.drv.ConfigureTx(queue, cfg)
	if err != nil {
		return d.wrap("ConfigureTx", err)
	}
	d.made.tx[queue] = &txSide{q: q}
	return nil
}

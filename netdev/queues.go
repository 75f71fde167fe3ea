package netdev

import "yolk/netdev/netbuf"

// RxInfo says what sizes receive queue `queue` of a configured device can have.
func (d *Device) RxInfo(queue int) (QueueInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.atLeast("RxInfo", Configured)
	if err == nil {
		err = d.exists("RxInfo", queue, len(d.made.rx))
	}
	if err != nil {
		return QueueInfo{}, err
	}
	return d.drv.RxInfo(queue), nil
}

// TxInfo is RxInfo for a transmit queue.
func (d *Device) TxInfo(queue int) (QueueInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.atLeast("TxInfo", Configured)
	if err == nil {
		err = d.exists("TxInfo", queue, len(d.made.tx))
	}
	if err != nil {
		return QueueInfo{}, err
	}
	return d.drv.TxInfo(queue), nil
}

// ConfigureRx sets up a receive queue of a configured device, once.
func (d *Device) ConfigureRx(queue int, cfg RxConfig) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.require("ConfigureRx", Configured)
	if err == nil {
		err = d.exists("ConfigureRx", queue, len(d.made.rx))
	}
	if err == nil && d.made.rx[queue] != nil {
		err = d.errorf(ErrState, "ConfigureRx: queue %d is configured already; Close and begin again to change it", queue)
	}
	if err != nil {
		return err
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
	err := d.require("ConfigureTx", Configured)
	if err == nil {
		err = d.exists("ConfigureTx", queue, len(d.made.tx))
	}
	if err == nil && d.made.tx[queue] != nil {
		err = d.errorf(ErrState, "ConfigureTx: queue %d is configured already; Close and begin again to change it", queue)
	}
	if err != nil {
		return err
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

// exists returns an error unless the call is for one of the queues that Configure
// asked for.
func (d *Device) exists(call string, queue, count int) error {
	if uint(queue) < uint(count) {
		return nil
	}
	return d.errorf(ErrNoQueue, "%s: queue %d of %d", call, queue, count)
}

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
	err := d.wanted("ConfigureRx", queue, len(d.made.rx), taken(d.made.rx, queue))
	if err == nil {
		err = d.wrap("ConfigureRx", d.makeRx(queue, cfg))
	}
	return err
}

// makeRx completes the configuration and makes the queue, with a pool if it needs
// one.
func (d *Device) makeRx(queue int, cfg RxConfig) (err error) {
	info := d.info.Load()
	if err := cfg.complete(info, d.drv.RxInfo(queue)); err != nil {
		return err
	}
	side := &rxSide{event: cfg.Event}
	if cfg.Alloc == nil {
		if side.pool, err = netbuf.NewPool(info.Memory, cfg.Buffers, cfg.BufferSize, cfg.Headroom); err != nil {
			return err
		}
		cfg.Alloc = side.pool.GetBurst
	}
	if side.q, err = d.drv.ConfigureRx(queue, cfg); err == nil {
		d.made.rx[queue] = side
	} else if side.pool != nil {
		side.pool.Close()
	}
	return err
}

// ConfigureTx sets up a transmit queue of a configured device, once.
func (d *Device) ConfigureTx(queue int, cfg TxConfig) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.wanted("ConfigureTx", queue, len(d.made.tx), taken(d.made.tx, queue))
	if err == nil {
		err = d.wrap("ConfigureTx", d.makeTx(queue, cfg))
	}
	return err
}

// makeTx completes the configuration and makes the queue.
func (d *Device) makeTx(queue int, cfg TxConfig) error {
	if err := cfg.complete(d.info.Load(), d.drv.TxInfo(queue)); err != nil {
		return err
	}
	q, err := d.drv.ConfigureTx(queue, cfg)
	if err == nil {
		bell, _ := q.(DoorbellQueue)
		d.made.tx[queue] = &txSide{q: q, bell: bell}
	}
	return err
}

// wanted returns an error unless the device waits for the queue to be configured.
func (d *Device) wanted(call string, queue, count int, taken bool) error {
	err := d.require(call, Configured)
	if err == nil {
		err = d.exists(call, queue, count)
	}
	if err == nil && taken {
		err = d.errorf(ErrState, "%s: queue %d is configured already; Close and begin again to change it", call, queue)
	}
	return err
}

// taken reports whether a queue is configured.
func taken[T any](queues []*T, queue int) bool {
	return uint(queue) < uint(len(queues)) && queues[queue] != nil
}

// exists returns an error unless the call is for one of the queues that Configure
// asked for.
func (d *Device) exists(call string, queue, count int) error {
	if uint(queue) < uint(count) {
		return nil
	}
	return d.errorf(ErrNoQueue, "%s: queue %d of %d", call, queue, count)
}

package usbnet

import (
	"fmt"

	"yolk/netdev"
)

// Probe implements netdev.Driver.
func (d *Device) Probe() (netdev.Info, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fn == nil {
		return netdev.Info{}, ErrGone
	}
	id, err := d.fn.reset()
	if err != nil {
		return netdev.Info{}, err
	}
	if id.HardwareAddr == (netdev.HardwareAddr{}) || id.HardwareAddr.Multicast() {
		id.HardwareAddr = d.fall
	}
	d.id = id
	d.set.Store(&Settings{HardwareAddr: id.HardwareAddr, MTU: id.MaxMTU})
	return d.info(id.Offloads), nil
}

// Configure implements netdev.Driver.
func (d *Device) Configure(cfg netdev.Config) (netdev.Info, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.change(func(s *Settings) { s.Offloads = cfg.Offloads })
	for _, c := range []*netdev.Counters{&d.slow, &d.rx.counters, &d.tx.counters} {
		c.Reset()
	}
	return d.info(cfg.Offloads), nil
}

// RxInfo implements netdev.Driver.
func (d *Device) RxInfo(int) netdev.QueueInfo {
	return netdev.QueueInfo{Max: maxQueue, Min: 1, Align: 1, Default: defaultQueue}
}

// TxInfo implements netdev.Driver.
func (d *Device) TxInfo(int) netdev.QueueInfo {
	q := d.RxInfo(0)
	q.Default *= 4
	return q
}

// ConfigureRx implements netdev.Driver.
func (d *Device) ConfigureRx(_ int, cfg netdev.RxConfig) (netdev.RxQueue, error) {
	if room := cfg.BufferSize - cfg.Headroom; room < d.id.MaxMTU+ethernetBytes+vlanBytes {
		return nil, fmt.Errorf("%w: buffers with room for %d bytes; a frame has up to %d",
			netdev.ErrConfig, room, d.id.MaxMTU+ethernetBytes+vlanBytes)
	}
	return d.rx, d.with(func(*function) error { return d.rx.setUp(d.id.Rx, cfg) })
}

// ConfigureTx implements netdev.Driver.
func (d *Device) ConfigureTx(_ int, cfg netdev.TxConfig) (netdev.TxQueue, error) {
	return d.tx, d.with(func(*function) error { return d.tx.setUp(d.id.Tx, cfg) })
}

// Start implements netdev.Driver.
func (d *Device) Start() error { return d.with(d.start) }

// start begins to move packets on a chip that has been reset.
func (d *Device) start(f *function) error {
	d.cause.Store(nil)
	d.failed.Store(false)
	d.link.Store(uint32(netdev.LinkDown)) // until the keeper has looked
	if err := f.start(d.set.Load()); err != nil {
		return err
	}
	d.tx.begin(f)
	if err := d.rx.begin(f); err != nil {
		return err
	}
	d.keep = newKeeper(d, f)
	return nil
}

// Restart implements netdev.Driver.
func (d *Device) Restart() error {
	return d.with(func(f *function) error {
		d.halt(f)
		id, err := f.reset()
		if err == nil && d.Err() != ErrGone { // else the pipes are new
			err = f.unhalt()
		}
		if err != nil {
			return err
		}
		if id.Rx != d.id.Rx || id.Tx != d.id.Tx || d.set.Load().Offloads&^id.Offloads != 0 {
			return fmt.Errorf("%w: the chip is another than before", netdev.ErrConfig)
		}
		d.slow.Restarts.Add(1)
		return d.start(f)
	})
}

// unkeep ends the keeper.
func (d *Device) unkeep() {
	if d.keep != nil {
		d.keep.end()
		d.keep = nil
	}
}

// halt ends every transfer.
func (d *Device) halt(f *function) {
	d.unkeep()
	d.tx.pause()
	if f.stop() {
		d.rx.settle()
	}
	f.cancel()
	d.rx.reset()
	d.tx.reset()
}

// Close implements netdev.Driver. The transfers of a device that has left have ended
// before it is taken from here.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fn != nil {
		d.halt(d.fn)
		d.fn.reset() // and does not receive
	}
	d.rx.close()
	d.tx.close()
	d.wake()
	return nil
}

package main

import (
	"fmt"

	"yolk/netdev"
)

// open takes a device through its states until it runs and gets all frames of
// its wire.
func open(n int, o *options) (*netdev.Device, error) {
	dev := netdev.Get(n)
	if dev == nil {
		return nil, fmt.Errorf("no network device %d: there are %d; add one or two to the machine, such as -net hub:0 -net hub:1", n, netdev.Count())
	}
	if err := o.watch.Wrap(dev); err != nil {
		return nil, err
	}
	if err := dev.Probe(); err != nil {
		return nil, err
	}
	if err := dev.Configure(netdev.Config{RxQueues: o.queues, TxQueues: o.queues}); err != nil {
		return nil, err
	}
	for q := range o.queues {
		if err := configure(dev, q, o); err != nil {
			return nil, err
		}
	}
	if err := dev.Start(); err != nil {
		return nil, err
	}
	if dev.Info().Features&netdev.PromiscuousMode == 0 {
		return dev, nil // its own frames will have to do
	}
	return dev, dev.SetPromiscuous(true)
}

// configure sets up a pair of queues. A buffer is in the receive queue, or in a
// burst, or in the other port's transmit queue, which takes as many as its size.
func configure(dev *netdev.Device, q int, o *options) error {
	rx, err := dev.RxInfo(q)
	if err != nil {
		return err
	}
	size := o.size
	if size == 0 {
		size = rx.Default
	}
	if err := dev.ConfigureRx(q, netdev.RxConfig{Size: size, Buffers: 2*size + o.burst}); err != nil {
		return err
	}
	return dev.ConfigureTx(q, netdev.TxConfig{Size: o.size})
}

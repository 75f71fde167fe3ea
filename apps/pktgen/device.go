package main

import (
	"fmt"

	"yolk/netdev"
)

// open takes a network device through its states until it runs, as step 2 of the
// tutorial does; netdev's Open would do the same in one call. rx says where the
// packets received go.
func open(o *options, rx func(netdev.Info) (netdev.RxConfig, error)) (*netdev.Device, error) {
	// 1. Which devices are there?
	if netdev.Count() == 0 {
		return nil, fmt.Errorf("no network device: start the machine with one, such as -net user")
	}
	// 2. Get one by its number.
	dev := netdev.Get(o.device)
	if dev == nil {
		return nil, fmt.Errorf("-device %d: there are %d, numbered from 0", o.device, netdev.Count())
	}
	if err := o.watch.Wrap(dev); err != nil { // -capture, -trace: the driver within another
		return nil, err
	}
	// 3. Probe it: the driver learns what the device can do.
	if err := dev.Probe(); err != nil {
		return nil, err
	}
	info := dev.Info()
	fmt.Printf("pktgen: netdev %d is %s, address %v, MTU %d\n", o.device, info.Driver, info.HardwareAddr, info.MTU)
	// 4. Configure it: as many queues each way, plain frames.
	if err := dev.Configure(netdev.Config{RxQueues: o.queues, TxQueues: o.queues}); err != nil {
		return nil, err
	}
	// 5. And each queue.
	cfg, err := rx(info)
	if err != nil {
		return nil, err
	}
	for q := range o.queues {
		if err := dev.ConfigureRx(q, cfg); err != nil {
			return nil, err
		}
		if err := dev.ConfigureTx(q, netdev.TxConfig{Size: o.queue}); err != nil {
			return nil, err
		}
	}
	// 6. Start it. Interrupts are off: polling is the fastest.
	return dev, dev.Start()
}

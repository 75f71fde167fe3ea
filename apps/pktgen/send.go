package main

import (
	"fmt"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// A sink takes packets from the front of a burst and returns how many.
type sink func(bufs []*netbuf.Buf) (int, error)

// free is the sink of -isolate: it takes all, at once.
func free(bufs []*netbuf.Buf) (int, error) {
	netbuf.FreeBurst(bufs)
	return len(bufs), nil
}

// transmit is the sink that a queue of a device is.
func transmit(dev *netdev.Device, queue int) sink {
	return func(bufs []*netbuf.Buf) (int, error) {
		n, status := dev.TxBurst(queue, bufs)
		if status&netdev.Stopped != 0 {
			return n, dev.Err()
		}
		return n, nil
	}
}

// send sends until the end that the options set.
func send(o *options) error {
	mem := netbuf.Heap
	var dev *netdev.Device
	// Without a device its costs are none: `go run` can do that too.
	if !o.isolate || netdev.Count() > 0 {
		var err error
		if dev, err = open(o, receiveNothing); err != nil {
			return err
		}
		defer dev.Close()
		mem = dev.Info().Memory
		if o.srcMAC == (netdev.HardwareAddr{}) {
			o.srcMAC = dev.HardwareAddr()
		}
	}
	flows := o.flows()
	loops := make([]*loop, o.queues)
	for q := range loops {
		from, err := newSource(o, flows, mem)
		if err != nil {
			return err
		}
		to := sink(free)
		if !o.isolate {
			to = transmit(dev, q)
		}
		loops[q] = &loop{meter: queueMeter(o, q), from: from, to: to, size: o.size, drop: o.full == "drop", bufs: make([]*netbuf.Buf, o.burst)}
	}
	fmt.Printf("pktgen: sending frames of %d bytes, flows: %d, mode %s, burst %d\n", o.size, flows.count(), o.mode, o.burst)
	if err := runAll(loops); err != nil {
		return err
	}
	took := time.Since(loops[0].meter.started)
	for q := range loops {
		if !o.isolate {
			if err := drain(dev, q); err != nil {
				return err
			}
		}
	}
	sum, dropped := newMeter(o, "sent"), uint64(0)
	for _, l := range loops {
		sum.packets += l.meter.packets
		sum.bytes += l.meter.bytes
		dropped += l.dropped
	}
	sum.total(took, fmt.Sprintf("; %d dropped", dropped))
	return nil
}

// receiveNothing gives the device no buffers to receive into.
func receiveNothing(netdev.Info) (netdev.RxConfig, error) {
	return netdev.RxConfig{Alloc: func([]*netbuf.Buf) int { return 0 }}, nil
}

// loop is where the time goes.
type loop struct {
	meter   *meter
	from    source
	to      sink
	size    int
	drop    bool
	dropped uint64
	bufs    []*netbuf.Buf
}

// run sends a burst in each round. Packets that find the queue full are dropped,
// or stay in front for the next round.
func (l *loop) run() error {
	ready := 0
	l.meter.start()
	for l.meter.more() {
		if want := l.meter.left(len(l.bufs)); ready < want {
			ready += l.from.fill(l.bufs[ready:want])
		}
		n, err := l.to(l.bufs[:ready])
		if err != nil {
			return err
		}
		l.meter.add(n, n*l.size)
		switch {
		case n == ready:
			ready = 0
		case l.drop:
			netbuf.FreeBurst(l.bufs[n:ready])
			l.dropped += uint64(ready - n)
			ready = 0
		default:
			ready = copy(l.bufs, l.bufs[n:ready])
		}
	}
	netbuf.FreeBurst(l.bufs[:ready])
	return nil
}

// drain waits until the device has sent all: what is still in its queue when it
// is closed is lost.
func drain(dev *netdev.Device, queue int) error {
	for deadline := time.Now().Add(10 * time.Second); ; {
		left, status := dev.TxPending(queue)
		switch {
		case status&netdev.Stopped != 0:
			return dev.Err()
		case left == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("the device still holds %d packets after ten seconds: nobody takes them off its wire", left)
		}
	}
}

package main

import (
	"fmt"
	"strings"

	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// receive counts what arrives until the end that the options set.
func receive(o *options) error {
	var stock *netbuf.Pool
	dev, err := open(o, func(info netdev.Info) (netdev.RxConfig, error) {
		var err error
		if stock, err = newPool(info.Memory, o.buffers); err != nil {
			return netdev.RxConfig{}, err
		}
		// The callback that the driver asks for buffers to receive into.
		return netdev.RxConfig{Size: o.queue, Alloc: func(bufs []*netbuf.Buf) int { return stock.GetBurst(bufs) }}, nil
	})
	if err != nil {
		return err
	}
	defer dev.Close()
	if dev.Info().Features&netdev.PromiscuousMode != 0 {
		if err := dev.SetPromiscuous(true); err != nil {
			return err
		}
	}
	fmt.Println("pktgen: receiving")
	r := &receiver{meter: newMeter(o, "received"), dev: dev, bufs: make([]*netbuf.Buf, o.burst)}
	if o.check {
		r.check = new(check)
	}
	if err := r.run(); err != nil {
		return err
	}
	more := ""
	if r.check != nil {
		more = "; " + r.check.String()
	}
	r.meter.total(r.meter.now().Sub(r.meter.started), more)
	return nil
}

// receiver is where the time goes.
type receiver struct {
	meter *meter
	dev   *netdev.Device
	check *check // nil: do not look
	bufs  []*netbuf.Buf
}

// run polls. Time counts from the first packet on.
func (r *receiver) run() error {
	r.meter.start()
	for r.meter.more() {
		bufs := r.bufs[:r.meter.left(len(r.bufs))]
		n, status := r.dev.RxBurst(0, bufs)
		if status&netdev.Stopped != 0 {
			return r.dev.Err()
		}
		if n == 0 {
			continue
		}
		if r.meter.packets == 0 {
			r.meter.start()
		}
		bytes := 0
		for _, b := range bufs[:n] {
			bytes += b.PacketLen()
			if r.check != nil {
				r.check.packet(b)
			}
		}
		r.meter.add(n, bytes)
		netbuf.FreeBurst(bufs[:n])
	}
	return nil
}

// check is what -check finds out.
type check struct {
	faults      [wire.Faults]uint64
	foreign     uint64 // in order, but not from pktgen
	highest     uint64 // number seen
	lost, stray uint64 // numbers skipped; and those that came late, or again
}

// packet looks into one.
func (c *check) packet(b *netbuf.Buf) {
	fault := wire.BadLength // no frame of ours takes two buffers
	var payload []byte
	if b.Next() == nil {
		_, payload, fault = wire.Parse(b.Bytes())
	}
	c.faults[fault]++
	if fault != wire.Fine {
		return
	}
	switch n, ok := number(payload); {
	case !ok:
		c.foreign++
	case n == 0: // not numbered
	case n > c.highest:
		c.lost += n - c.highest - 1
		c.highest = n
	default:
		c.stray++
	}
}

// String sums it up: what is wrong by name, what is not with 0.
func (c *check) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d in order", c.faults[wire.Fine]-c.foreign)
	for f, n := range c.faults {
		if n > 0 && wire.Fault(f) != wire.Fine {
			fmt.Fprintf(&b, ", %d %v", n, wire.Fault(f))
		}
	}
	fmt.Fprintf(&b, ", %d foreign, %d lost, %d late or twice", c.foreign, c.lost, c.stray)
	return b.String()
}

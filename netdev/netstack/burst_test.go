package netstack_test

import (
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
)

// bursty is a dispatcher that handles packets where a burst ends.
type bursty struct {
	stack.NetworkDispatcher
	now    int      // packets of this burst
	bursts chan int // the packets of each
}

func (d *bursty) NewBurst() (deliver func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer), end func()) {
	return func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) { d.now++ }, func() {
		if d.now > 0 {
			d.bursts <- d.now
		}
		d.now = 0
	}
}

// A dispatcher that asks for bursts is told where each ends, on the receiver's goroutine
// and after all of its packets.
func TestBursts(t *testing.T) {
	b := newBench(t, sums|virtio.FeatureEventIdx, config{})
	d := &bursty{bursts: make(chan int, 100)}
	b.ep.Attach(d)
	const frames = 20
	for range frames {
		b.fake.Deliver(datagram("in a burst"))
	}
	b.fake.Flush()
	foreign := datagram("not for us")
	foreign[virtiotest.NetHeader+5] = 77
	b.fake.Deliver(foreign)
	b.fake.Flush()
	for got := 0; got < frames; {
		got += <-d.bursts
	}
	b.ep.Attach(nil)
	if b.ep.IsAttached() {
		t.Error("attached to nothing")
	}
}

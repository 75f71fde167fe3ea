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
	now    int           // packets of this burst
	bursts chan int      // the packets of each
	going  chan struct{} // if not nil, each waits at its end until this is closed
}

func (d *bursty) NewBurst() (deliver func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer), end func()) {
	return func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) { d.now++ }, func() {
		if d.now > 0 {
			d.bursts <- d.now
			if d.going != nil {
				<-d.going
			}
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

// What came by a queue is counted, and that more was there than is taken at once.
func TestReceived(t *testing.T) {
	const more, budget = 150, 128
	b := newBench(t, sums|virtio.FeatureEventIdx, config{RxSize: 256})
	d := &bursty{bursts: make(chan int), going: make(chan struct{})}
	b.ep.Attach(d)
	b.fake.Deliver(datagram("the first, at whose end the receiver is held"))
	b.fake.Flush()
	got := <-d.bursts
	for range more {
		if !b.fake.Deliver(datagram("behind it")) {
			t.Fatal("no buffer for a frame")
		}
	}
	b.fake.Flush()
	close(d.going)
	for got < 1+more {
		got += <-d.bursts
	}
	b.await(t, 1+more)
	if packets, squeezed := b.ep.Received(0); packets != 1+more || squeezed != more/budget {
		t.Errorf("%d packets, %d times more than the budget", packets, squeezed)
	}
	for _, none := range []int{-1, 1} {
		if packets, squeezed := b.ep.Received(none); packets != 0 || squeezed != 0 {
			t.Errorf("queue %d: %d packets, %d", none, packets, squeezed)
		}
	}
}

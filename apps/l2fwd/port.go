package main

import (
	"fmt"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// port is a running device, with a stock of buffers for each receive queue.
type port struct {
	dev    *netdev.Device
	stocks []*stock
}

// stock is where a queue's receive buffers come from. It keeps count of them,
// because at the end those that another port has not sent yet must go out first:
// closing it would lose them.
type stock struct {
	*netbuf.Pool
	given int // to the receive queue
	back  int // from it, with packets
}

// alloc is the receive queue's callback (netdev.RxConfig).
func (s *stock) alloc(bufs []*netbuf.Buf) int {
	n := s.GetBurst(bufs)
	s.given += n
	return n
}

// idle reports whether all buffers are in the pool or the receive queue.
func (s *stock) idle() bool { return s.Count()-s.Available() == s.given-s.back }

// open takes a device through its states until it runs and gets all frames of
// its wire.
func open(n int, o *options) (*port, error) {
	dev := netdev.Get(n)
	if dev == nil {
		return nil, fmt.Errorf("no network device %d: there are %d; add one or two to the machine, such as -net hub:0 -net hub:1", n, netdev.Count())
	}
	if err := dev.Probe(); err != nil {
		return nil, err
	}
	if err := dev.Configure(netdev.Config{RxQueues: o.queues, TxQueues: o.queues}); err != nil {
		return nil, err
	}
	p := &port{dev: dev}
	for q := range o.queues {
		if err := p.configure(q, o); err != nil {
			return nil, err
		}
	}
	if err := dev.Start(); err != nil {
		return nil, err
	}
	if dev.Info().Features&netdev.PromiscuousMode == 0 {
		return p, nil // its own frames will have to do
	}
	return p, dev.SetPromiscuous(true)
}

// configure sets up a pair of queues. A buffer is in the receive queue, or in a
// burst, or in the other port's transmit queue, which takes as many as its size.
func (p *port) configure(q int, o *options) error {
	rx, err := p.dev.RxInfo(q)
	if err != nil {
		return err
	}
	size := o.size
	if size == 0 {
		size = rx.Default
	}
	pool, err := netbuf.NewPool(p.dev.Info().Memory, 2*size+o.burst, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		return err
	}
	s := &stock{Pool: pool}
	p.stocks = append(p.stocks, s)
	if err := p.dev.ConfigureRx(q, netdev.RxConfig{Size: size, Alloc: s.alloc}); err != nil {
		return err
	}
	return p.dev.ConfigureTx(q, netdev.TxConfig{Size: o.size})
}

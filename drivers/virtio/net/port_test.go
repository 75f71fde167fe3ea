package net_test

import (
	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// config is how a test opens a device. Offloads that it does not refuse are
// asked for.
type config struct {
	Queues         int
	RxSize, TxSize int
	RxBuffers      int
	BufferSize     int
	Refuse         netdev.Features
}

// port is a device and bursts that give no status.
type port struct {
	*netdev.Device
	drv *virtionet.Device
}

// newPort makes a device, whose interrupts nobody waits for, over t.
func newPort(t virtio.Transport, mem virtio.Memory) (*port, error) {
	drv, err := virtionet.New(t, mem)
	if err != nil {
		return nil, err
	}
	drv.WaitWith(virtiotest.Nobody{})
	return &port{netdev.New(drv), drv}, nil
}

func (p *port) open(c config) error {
	return p.Open(netdev.Config{RxQueues: c.Queues, Offloads: netdev.Offloads &^ c.Refuse},
		netdev.RxConfig{Size: c.RxSize, Buffers: c.RxBuffers, BufferSize: c.BufferSize}, netdev.TxConfig{Size: c.TxSize})
}

func (p *port) RxBurst(queue int, bufs []*netbuf.Buf) int {
	n, _ := p.Device.RxBurst(queue, bufs)
	return n
}

func (p *port) TxBurst(queue int, bufs []*netbuf.Buf) int {
	n, _ := p.Device.TxBurst(queue, bufs)
	return n
}

func (p *port) EnableInterrupt(queue int) bool {
	pending, err := p.Device.EnableInterrupt(queue)
	return pending && err == nil
}

package main

import (
	"yolk/apps/wire"
	"yolk/netdev/netbuf"
)

// copier copies one frame, made beforehand, into each buffer and patches in what
// differs from flow to flow.
type copier struct {
	get      supply
	template []byte
	variants []variant // one for each flow
	turn
}

// variant is what differs between flows, as it stands in a frame.
type variant struct {
	addrs  [8]byte
	ports  [4]byte
	ipSum  [2]byte
	udpSum [2]byte
}

func newCopier(f *flows, get supply, t turn) source {
	c := &copier{get: get, template: make([]byte, f.size), variants: make([]variant, f.count()), turn: t}
	for i := range c.variants {
		f.build(i, 0, c.template)
		c.variants[i] = variant{
			addrs:  [8]byte(c.template[wire.OffAddrs:]),
			ports:  [4]byte(c.template[wire.OffPorts:]),
			ipSum:  [2]byte(c.template[wire.OffIPSum:]),
			udpSum: [2]byte(c.template[wire.OffUDPSum:]),
		}
	}
	return c
}

func (c *copier) fill(bufs []*netbuf.Buf) int {
	n := c.get.GetBurst(bufs)
	for _, b := range bufs[:n] {
		frame := b.Append(len(c.template))
		copy(frame, c.template)
		flow, number := c.next()
		c.variants[flow].patch(frame)
		if number != 0 {
			setNumber(frame, number)
		}
	}
	return n
}

func (v *variant) patch(frame []byte) {
	frame = frame[:wire.Headers]
	*(*[8]byte)(frame[wire.OffAddrs:]) = v.addrs
	*(*[4]byte)(frame[wire.OffPorts:]) = v.ports
	*(*[2]byte)(frame[wire.OffIPSum:]) = v.ipSum
	*(*[2]byte)(frame[wire.OffUDPSum:]) = v.udpSum
}

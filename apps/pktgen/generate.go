package main

import "yolk/netdev/netbuf"

// generator builds each frame from nothing.
type generator struct {
	flows *flows
	get   supply
	turn
}

func newGenerator(f *flows, get supply, t turn) source {
	g := &generator{flows: f, get: get, turn: t}
	return g
}

func (g *generator) fill(bufs []*netbuf.Buf) int {
	n := g.get.GetBurst(bufs)
	for _, b := range bufs[:n] {
		// What flows.build does, but for a call.
		flow, number := g.next()
		frame := b.Append(g.flows.size)
		g.flows.headers[flow].PutSum(frame, putPayload(frame, number))
	}
	return n
}

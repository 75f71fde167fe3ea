package main

import "yolk/netdev/netbuf"

// generator builds each frame from nothing: every header, byte of payload and
// checksum.
type generator struct {
	flows *flows
	supply
	flow    int    // of the next frame
	numbers bool   // number the frames
	last    uint64 // number
}

func (g *generator) fill(bufs []*netbuf.Buf) int {
	n, count := g.get(bufs), g.flows.count()
	for _, b := range bufs[:n] {
		frame := b.Append(g.flows.size)
		g.flows.build(g.flow, frame)
		if g.flow++; g.flow == count {
			g.flow = 0
		}
		if g.numbers {
			g.last++
			setNumber(frame, g.last)
		}
	}
	return n
}

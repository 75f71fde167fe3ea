package main

import (
	"fmt"

	"yolk/netdev/netbuf"
)

// reuse has a frame in each buffer of a pool from the beginning. Nobody else
// writes to it, so that a buffer which comes back needs no more than its length.
// Flows take turns from buffer to buffer.
type reuse struct {
	pool *netbuf.Pool
	size int
	turn // for the numbers; the flows are in the buffers
}

func newReuse(f *flows, mem netbuf.Memory, buffers int, t turn) (source, error) {
	if n := f.count(); n > buffers {
		return nil, fmt.Errorf("-mode reuse has a flow in each buffer: %d flows need -buffers %d", n, n)
	}
	p, err := newPool(mem, buffers)
	if err != nil {
		return nil, err
	}
	all := make([]*netbuf.Buf, buffers)
	for i, b := range all[:p.GetBurst(all)] {
		f.build(i%f.count(), 0, b.Append(f.size))
	}
	netbuf.FreeBurst(all)
	r := &reuse{pool: p, size: f.size, turn: t}
	return r, nil
}

func (r *reuse) fill(bufs []*netbuf.Buf) int {
	n := r.pool.GetBurst(bufs)
	for _, b := range bufs[:n] {
		frame := b.Append(r.size) // with what it held before
		if _, number := r.next(); number != 0 {
			setNumber(frame, number)
		}
	}
	return n
}

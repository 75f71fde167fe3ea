package main

import "yolk/netdev/netbuf"

// zerocopy sends the same frames over and over, one buffer for each flow. Each
// time in a queue counts as an owner of the buffer, and pktgen stays one, so that
// it is never freed.
type zerocopy struct {
	frames []*netbuf.Buf
	flow   int // of the next frame
}

func newZerocopy(f *flows, mem netbuf.Memory) (source, error) {
	p, err := newPool(mem, f.count())
	if err != nil {
		return nil, err
	}
	z := &zerocopy{frames: make([]*netbuf.Buf, f.count())}
	p.GetBurst(z.frames)
	for i, b := range z.frames {
		f.build(i, 0, b.Append(f.size))
	}
	return z, nil
}

func (z *zerocopy) fill(bufs []*netbuf.Buf) int {
	if len(z.frames) == 1 {
		// One locked instruction for all of them.
		b := z.frames[0]
		b.Retain(len(bufs))
		for i := range bufs {
			bufs[i] = b
		}
		return len(bufs)
	}
	for i := range bufs {
		b := z.frames[z.flow]
		b.Retain(1)
		bufs[i] = b
		if z.flow++; z.flow == len(z.frames) {
			z.flow = 0
		}
	}
	return len(bufs)
}

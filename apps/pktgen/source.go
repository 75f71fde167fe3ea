package main

import (
	"fmt"
	"slices"

	"yolk/netdev/netbuf"
)

// A source makes frames that are ready to be sent: it puts them in bufs, from the
// front, and returns how many there were buffers for. They are the caller's.
type source interface{ fill(bufs []*netbuf.Buf) int }

var modes = []string{"generate", "copy", "reuse", "zerocopy"}

func isMode(s string) bool { return slices.Contains(modes, s) }

// newSource makes the source that the options ask for, with buffers in mem.
func newSource(o *options, f *flows, mem netbuf.Memory) (source, error) {
	switch o.mode {
	case "reuse":
		return newReuse(f, mem, o.buffers, newTurn(o, f))
	case "zerocopy":
		return newZerocopy(f, mem)
	}
	get, err := newSupply(o, mem)
	if err != nil {
		return nil, err
	}
	if o.mode == "copy" {
		return newCopier(f, get, newTurn(o, f)), nil
	}
	return newGenerator(f, get, newTurn(o, f)), nil
}

// A turn says which frame is next.
type turn struct {
	flow, flows int
	last, step  uint64 // number; step is 0 without numbers
}

func newTurn(o *options, f *flows) turn {
	t := turn{flows: f.count()}
	if o.number {
		t.step = 1
	}
	return t
}

// next returns the flow and the number of the next frame.
func (t *turn) next() (flow int, number uint64) {
	flow = t.flow
	if t.flow++; t.flow == t.flows {
		t.flow = 0
	}
	t.last += t.step
	return flow, t.last
}

// A supply fills bufs with empty buffers, from the front, and returns how many it
// had.
type supply interface{ GetBurst(bufs []*netbuf.Buf) int }

func newSupply(o *options, mem netbuf.Memory) (supply, error) {
	if o.alloc == "heap" {
		return heap{mem}, nil
	}
	return newPool(mem, o.buffers)
}

// newPool makes a fixed stock of buffers, which takes a few instructions to get
// one from, and to give it back to.
func newPool(mem netbuf.Memory, buffers int) (*netbuf.Pool, error) {
	p, err := netbuf.NewPool(mem, buffers, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		return nil, fmt.Errorf("-buffers %d: %w", buffers, err)
	}
	return p, nil
}

// heap asks the allocator behind the device's memory for each buffer, and gives
// it back there when the device is done with it.
type heap struct{ mem netbuf.Memory }

func (h heap) GetBurst(bufs []*netbuf.Buf) int {
	for i := range bufs {
		b, err := netbuf.New(h.mem, netbuf.DefaultSize, netbuf.DefaultHeadroom)
		if err != nil {
			return i
		}
		bufs[i] = b
	}
	return len(bufs)
}

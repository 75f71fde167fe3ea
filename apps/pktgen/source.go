package main

import (
	"fmt"
	"slices"
	"sync/atomic"

	"yolk/netdev/netbuf"
)

// A source makes frames that are ready to be sent.
type source interface {
	// fill puts packets in bufs, from the front, and returns how many there
	// were buffers for. They are the caller's.
	fill(bufs []*netbuf.Buf) int
	// idle reports whether all buffers have come back.
	idle() bool
}

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
	from, err := newSupply(o, mem)
	if err != nil {
		return nil, err
	}
	if o.mode == "copy" {
		return newCopier(f, from, newTurn(o, f)), nil
	}
	return &generator{f, from, newTurn(o, f)}, nil
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

// A supply is where empty buffers come from.
type supply interface {
	get(bufs []*netbuf.Buf) int
	idle() bool
}

func newSupply(o *options, mem netbuf.Memory) (supply, error) {
	if o.alloc == "heap" {
		return &heap{mem: mem}, nil
	}
	p, err := newPool(mem, o.buffers)
	return pool{p}, err
}

// pool takes buffers from a fixed stock: a few instructions each way.
type pool struct{ *netbuf.Pool }

func newPool(mem netbuf.Memory, buffers int) (*netbuf.Pool, error) {
	p, err := netbuf.NewPool(mem, buffers, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		return nil, fmt.Errorf("-buffers %d: %w", buffers, err)
	}
	return p, nil
}

func (p pool) get(bufs []*netbuf.Buf) int { return p.GetBurst(bufs) }
func (p pool) idle() bool                 { return p.Available() == p.Count() }

// heap asks the allocator behind the device's memory for each buffer, and counts
// what is out.
type heap struct {
	mem netbuf.Memory
	out atomic.Int64
}

func (h *heap) get(bufs []*netbuf.Buf) int {
	for i := range bufs {
		b, err := netbuf.New(h, netbuf.DefaultSize, netbuf.DefaultHeadroom)
		if err != nil {
			return i
		}
		bufs[i] = b
	}
	return len(bufs)
}

func (h *heap) idle() bool { return h.out.Load() == 0 }

// Alloc implements netbuf.Memory.
func (h *heap) Alloc(n, align int) ([]byte, uint64, error) {
	m, addr, err := h.mem.Alloc(n, align)
	if err == nil {
		h.out.Add(1)
	}
	return m, addr, err
}

// Free implements netbuf.Memory.
func (h *heap) Free(m []byte, addr uint64) {
	h.out.Add(-1)
	h.mem.Free(m, addr)
}

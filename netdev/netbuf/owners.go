package netbuf

import (
	"fmt"

	"yolk/kernel/abi/assert"
)

// Retain adds n owners to every buffer of the chain, by one atomic addition each.
func (b *Buf) Retain(n int) {
	for ; b != nil; b = b.next {
		if assert.On {
			assert.That(n >= 0 && b.end != freed && b.refs.Load() > 0)
		}
		b.refs.Add(int32(n))
	}
}

// Shared reports whether the buffer has another owner.
func (b *Buf) Shared() bool { return b.refs.Load() > 1 }

// Alive reports whether all buffers of the chain have an owner, for assertions.
func (b *Buf) Alive() bool {
	for ; b != nil; b = b.next {
		if b.end == freed || b.refs.Load() < 1 {
			return false
		}
	}
	return true
}

// Free ends the caller's ownership of the whole chain; buffers without another
// owner go back where they came from. Safe from any goroutine; no locks.
func (b *Buf) Free() {
	for b != nil {
		next := b.next
		b.freeOne()
		b = next
	}
}

// FreeBurst frees packets like Buf.Free on each. Neighbours from one pool go
// back to it together, by one compare-and-swap.
func FreeBurst(bufs []*Buf) {
	var first, last *Buf // a list of one pool's buffers, by next
	for _, b := range bufs {
		if b.next != nil || b.special {
			b.Free()
			continue
		}
		if !b.release() {
			continue
		}
		if first != nil && first.pool != b.pool {
			first.pool.give(first, last)
			first = nil
		}
		if first == nil {
			last = b
		}
		b.next = first
		first = b
	}
	if first != nil {
		first.pool.give(first, last)
	}
}

// freed is the value of end while a buffer is in its pool's hands.
const freed = -1

// release drops one reference and reports whether it was the last; then refs is
// back at 1, ready for Get, and the buffer marked. A sole owner needs no locked
// instruction: nobody else holds a reference from which to add one.
func (b *Buf) release() bool {
	if b.refs.Load() != 1 {
		if b.refs.Add(-1) != 0 {
			return false
		}
		b.refs.Store(1)
	}
	if b.end == freed {
		panic("netbuf: Buf freed twice")
	}
	if !b.special {
		b.end = freed
	}
	return true
}

// freeOne drops one reference to b alone.
func (b *Buf) freeOne() {
	if !b.release() {
		return
	}
	if b.special {
		b.finish()
		b.end = freed
	}
	if b.pool != nil {
		b.pool.give(b, b)
	}
}

// finish is what the last Free of a special buffer does before the rest.
func (b *Buf) finish() {
	if f := b.onFree; f != nil {
		b.onFree = nil
		f(b)
	}
	if s := b.source; s != nil {
		b.source = nil
		s.freeOne()
	}
	if b.pool != nil && b.pool.size == 0 {
		b.mem = nil // another's
	}
	if b.origin != nil {
		b.origin.Free(b.mem, b.addr)
	}
	b.special = b.pool == nil
}

// New makes a buffer of size bytes in mem, empty and with headroom in front. Its
// last Free gives the bytes back to mem. It allocates: for a packet path use a
// Pool. Errors wrap ErrSize or are mem's.
func New(mem Memory, size, headroom int) (*Buf, error) {
	if size <= 0 || headroom < 0 || headroom > size {
		return nil, fmt.Errorf("%w: %d bytes with headroom %d", ErrSize, size, headroom)
	}
	m, addr, err := mem.Alloc(size, bufAlign)
	if err != nil {
		return nil, err
	}
	b := &Buf{mem: m, addr: addr, origin: mem, special: true}
	b.refs.Store(1)
	b.Reset(headroom)
	return b, nil
}

// Wrap makes a buffer of the caller's memory, all of it the packet. addr is where
// the device sees mem[0], 0 if none does. The memory must stay as it is until
// done, which may be nil, is called by the last owner's Free.
func Wrap(mem []byte, addr uint64, done func(*Buf)) *Buf {
	b := &Buf{mem: mem, addr: addr, end: int32(len(mem)), onFree: done, special: true}
	b.refs.Store(1)
	return b
}

// Duplicate returns another packet with b's bytes and offload: b's memory and a
// header of its own, so that the two can be sent in different company (each
// with its own buffer of headers in front, SetNext) without a copy. A duplicate
// keeps b's memory alive, is read only like everything shared, and has neither
// headroom nor tailroom: that memory stays b's. The header comes from p, a pool
// of size 0, whose owner calls this; nil when it has too few for the chain. The
// caller owns the duplicate and still what it owned of b.
func (p *Pool) Duplicate(b *Buf) *Buf {
	if p.size != 0 {
		panic("netbuf: Duplicate needs a pool of size 0")
	}
	var first, last *Buf
	for ; b != nil; b = b.next {
		d := p.Get()
		if d == nil {
			if first != nil {
				first.Free()
			}
			return nil
		}
		d.show(b)
		if first == nil {
			first = d
		} else {
			last.next = d
		}
		last = d
	}
	return first
}

// show makes d a duplicate of b alone.
func (d *Buf) show(b *Buf) {
	b.refs.Add(1)
	d.mem = b.mem[b.start:b.end:b.end]
	d.addr = 0
	if b.addr != 0 {
		d.addr = b.Addr()
	}
	d.start, d.end = 0, int32(len(d.mem))
	d.source, d.special = b, true
	d.Offload = b.Offload
}

package netbuf

import (
	"fmt"
	"sync/atomic"

	"yolk/kernel/abi/assert"
)

// Pool is a fixed stock of equal buffers. One goroutine at a time, the pool's
// owner, takes buffers out; any goroutine may free them. Neither side locks or
// allocates:
//
//	Get (owner) <- local list <- swap with nil - returned list <- compare-and-swap - Free (anyone)
//
// Because the owner takes the whole returned list at once, the compare-and-swap
// only ever pushes and the ABA problem does not arise.
type Pool struct {
	local    *Buf                // the owner's: linked by next
	returned atomic.Pointer[Buf] // freed by anyone: linked by next

	headroom int
	size     int
	bufs     []Buf
	mem      Memory
	slabs    []slab
}

// slab is one allocation of several buffers' memory.
type slab struct {
	mem  []byte
	addr uint64
}

const (
	// bufAlign is the alignment of buffers, that of a cache line. It serves as
	// Info.IOAlign of every driver so far.
	bufAlign = 64
	// slabBytes bounds a slab: larger contiguous runs are hard to get from a
	// page allocator that has been in use for a while.
	slabBytes = 32 << 10
	// maxSize keeps offsets within a buffer in 32 bits, with room to spare.
	maxSize = 1 << 30
)

// NewPool makes count buffers of size bytes, a multiple of 64, in mem. Buffers
// come out of the pool with headroom bytes in front. Size 0 makes a pool of
// headers for Duplicate; it needs no mem. Errors wrap ErrSize or are mem's.
func NewPool(mem Memory, count, size, headroom int) (*Pool, error) {
	if count <= 0 || size < 0 || size > maxSize || size%bufAlign != 0 || headroom < 0 || headroom > size {
		return nil, fmt.Errorf("%w: pool of %d buffers, %d bytes (a multiple of %d), headroom %d", ErrSize, count, size, bufAlign, headroom)
	}
	p := &Pool{mem: mem, headroom: headroom, size: size, bufs: make([]Buf, count)}
	perSlab := count
	if size > 0 {
		perSlab = max(1, slabBytes/size)
	}
	for i := 0; i < count; i += perSlab {
		n := min(perSlab, count-i)
		if err := p.addSlab(p.bufs[i : i+n]); err != nil {
			p.Close()
			return nil, fmt.Errorf("pool of %d buffers, %d bytes: %w", count, size, err)
		}
	}
	return p, nil
}

// addSlab allocates memory for bufs and puts them on the local list.
func (p *Pool) addSlab(bufs []Buf) error {
	var s slab
	if p.size > 0 {
		var err error
		if s.mem, s.addr, err = p.mem.Alloc(len(bufs)*p.size, bufAlign); err != nil {
			return err
		}
		p.slabs = append(p.slabs, s)
	}
	for i := range bufs {
		b := &bufs[i]
		b.mem = s.mem[i*p.size : (i+1)*p.size : (i+1)*p.size]
		if s.addr != 0 {
			b.addr = s.addr + uint64(i*p.size)
		}
		b.pool = p
		b.end = freed
		b.refs.Store(1)
		b.next = p.local
		p.local = b
	}
	return nil
}

// SetPrivate gives every buffer a private area of n bytes, zeroed. Call it
// before the first Get.
func (p *Pool) SetPrivate(n int) {
	areas := make([]byte, n*len(p.bufs))
	for i := range p.bufs {
		p.bufs[i].private = areas[i*n : (i+1)*n : (i+1)*n]
	}
}

// Get takes a buffer, empty and with the pool's headroom, or returns nil when
// all are in use. For the pool's owner only; the buffer is the caller's.
func (p *Pool) Get() *Buf {
	b := p.local
	if b == nil {
		// Acquire: the frees that pushed these buffers happened before this
		// swap sees them, so their last owners' writes are visible.
		if b = p.returned.Swap(nil); b == nil {
			return nil
		}
	}
	if assert.On {
		assert.That(b.pool == p && b.end == freed && b.refs.Load() == 1)
	}
	p.local = b.next
	b.Reset(p.headroom)
	return b
}

// GetBurst fills bufs with buffers, as Get would, and returns how many there
// were. It is what a receive queue's Alloc wants (netdev.RxConfig).
func (p *Pool) GetBurst(bufs []*Buf) int {
	b := p.local
	headroom := int32(p.headroom)
	for i := range bufs {
		if b == nil {
			if b = p.returned.Swap(nil); b == nil {
				p.local = nil
				return i
			}
		}
		if assert.On {
			assert.That(b.pool == p && b.end == freed && b.refs.Load() == 1)
		}
		next := b.next
		b.start, b.end, b.next = headroom, headroom, nil
		b.Offload = Offload{}
		bufs[i] = b
		b = next
	}
	p.local = b
	return len(bufs)
}

// give pushes the list from first to last (linked by next) on the returned list.
func (p *Pool) give(first, last *Buf) {
	if assert.On {
		assert.That(first.pool == p && first.end == freed && last.pool == p && last.end == freed)
	}
	for {
		head := p.returned.Load()
		last.next = head
		// Release: whoever swaps the list out sees all that was done to these
		// buffers before.
		if p.returned.CompareAndSwap(head, first) {
			return
		}
	}
}

// Available counts the buffers that are free. For the pool's owner, in tests and
// at shutdown: it walks the list.
func (p *Pool) Available() int {
	n := 0
	for _, head := range []*Buf{p.local, p.returned.Load()} {
		for b := head; b != nil; b = b.next {
			n++
		}
	}
	return n
}

// Size is the bytes of one buffer, headroom included.
func (p *Pool) Size() int { return p.size }

// Count is the number of buffers the pool has, free or in use.
func (p *Pool) Count() int { return len(p.bufs) }

// Close returns the memory. No buffer may be in use, by the caller or a device.
func (p *Pool) Close() {
	for _, s := range p.slabs {
		p.mem.Free(s.mem, s.addr)
	}
	p.slabs, p.local = nil, nil
	p.returned.Store(nil)
}

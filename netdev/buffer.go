package netdev

import "sync/atomic"

// Sizes that suit an Ethernet frame of 1518 bytes with room for headers.
const (
	DefaultBufferSize = 2048
	DefaultHeadroom   = 64
)

// Buffer holds a packet or, in a chain, a part of one, in device memory:
//
//	mem[0]        start                 end            len(mem)
//	  |  headroom   |        packet       |   tailroom    |
//	  addr          Addr()
//
// Further parts hang off Next; Offload in the first describes the whole packet.
// Push and Pull move start, Append and Trim move end; none copies.
//
// A Buffer has one owner, who alone may touch it and who ends that by Free or by
// handing it to a burst. Retain adds an owner: then all may read, none may write
// (the driver may write the headroom it asked for, with the same bytes for each
// transmission), and the last Free gives it back.
type Buffer struct {
	Offload
	mem        []byte
	start, end int
	addr       uint64
	next       *Buffer // the packet's next part; in a pool, the next free one
	pool       *Pool
	refs       atomic.Int32
}

// Bytes returns this buffer's part of the packet. The slice is valid until the
// owner gives the buffer away.
func (b *Buffer) Bytes() []byte { return b.mem[b.start:b.end] }

// Len is the number of bytes in this buffer alone.
func (b *Buffer) Len() int { return b.end - b.start }

// Addr is the address by which the device knows Bytes()[0].
func (b *Buffer) Addr() uint64 { return b.addr + uint64(b.start) }

// Headroom is how many bytes Push can add in front.
func (b *Buffer) Headroom() int { return b.start }

// Tailroom is how many bytes Append can add at the end.
func (b *Buffer) Tailroom() int { return len(b.mem) - b.end }

// Next returns the packet's following part, nil in the last.
func (b *Buffer) Next() *Buffer { return b.next }

// SetNext makes n, with what follows it, the rest of b's packet; the owner of b
// owns n from here on.
func (b *Buffer) SetNext(n *Buffer) { b.next = n }

// PacketLen is the length of the whole chain.
func (b *Buffer) PacketLen() int {
	n := 0
	for ; b != nil; b = b.next {
		n += b.end - b.start
	}
	return n
}

// Parts is the number of buffers in the chain.
func (b *Buffer) Parts() int {
	n := 0
	for ; b != nil; b = b.next {
		n++
	}
	return n
}

// Push extends the packet by n bytes in front and returns them, or nil when the
// headroom is too small.
func (b *Buffer) Push(n int) []byte {
	if n < 0 || n > b.start {
		return nil
	}
	b.start -= n
	return b.mem[b.start : b.start+n]
}

// Before returns the n bytes in front of the packet without making them part of
// it, or nil when the headroom is smaller: where a driver puts its header.
func (b *Buffer) Before(n int) []byte {
	if uint(n) > uint(b.start) || b.start > len(b.mem) {
		return nil
	}
	return b.mem[b.start-n : b.start]
}

// Pull removes and returns n bytes from the front of this buffer, nil when it
// holds fewer.
func (b *Buffer) Pull(n int) []byte {
	if n < 0 || n > b.Len() {
		return nil
	}
	b.start += n
	return b.mem[b.start-n : b.start]
}

// Append extends this buffer's part by n bytes and returns them (whatever they
// held before), or nil when the tailroom is too small.
func (b *Buffer) Append(n int) []byte {
	if n < 0 || n > b.Tailroom() {
		return nil
	}
	b.end += n
	return b.mem[b.end-n : b.end]
}

// Trim removes n bytes from the end of this buffer, false when it holds fewer.
func (b *Buffer) Trim(n int) bool {
	if n < 0 || n > b.Len() {
		return false
	}
	b.end -= n
	return true
}

// Reset empties the buffer: no packet, no offload, no next part, and headroom
// bytes in front (less if the buffer is smaller).
func (b *Buffer) Reset(headroom int) {
	b.start = max(0, min(headroom, len(b.mem)))
	b.end = b.start
	b.next = nil
	b.Offload = Offload{}
}

// Retain adds an owner to every buffer of the chain.
func (b *Buffer) Retain() {
	for ; b != nil; b = b.next {
		b.refs.Add(1)
	}
}

// Shared reports whether the buffer has another owner.
func (b *Buffer) Shared() bool { return b.refs.Load() > 1 }

// Free ends the caller's ownership of the whole chain; buffers without another
// owner go back to their pool. Safe from any goroutine; no locks.
func (b *Buffer) Free() {
	for b != nil {
		next := b.next
		if b.release() {
			b.pool.give(b, b)
		}
		b = next
	}
}

// freed is the value of end while a buffer is in its pool's hands.
const freed = -1

// release drops one reference and reports whether it was the last; then refs is
// back at 1, ready for Get, and the buffer marked. A sole owner needs no locked
// instruction: nobody else holds a reference from which to add one.
func (b *Buffer) release() bool {
	if b.refs.Load() != 1 {
		if b.refs.Add(-1) != 0 {
			return false
		}
		b.refs.Store(1)
	}
	if b.end == freed {
		panic("netdev: Buffer freed twice")
	}
	b.end = freed
	return true
}

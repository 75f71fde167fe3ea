package netbuf

import "sync/atomic"

// Sizes that suit an Ethernet frame of 1518 bytes with room for headers.
const (
	DefaultSize     = 2048
	DefaultHeadroom = 64
)

// Buf holds a packet or, in a chain, a part of one:
//
//	mem[0]        start                 end            len(mem)
//	  |  headroom   |        packet       |   tailroom    |
//	  addr          Addr()
//
// Further parts hang off Next; Offload in the first describes the whole packet.
// Push and Pull move start, Append and Trim move end; none copies.
//
// A Buf has one owner, who alone may touch it and who ends that by Free or by
// handing it to a burst. Retain adds an owner: then all may read, none may write
// (the driver may write the headroom it asked for, with the same bytes for each
// transmission), and the last Free gives it back.
type Buf struct {
	mem        []byte
	addr       uint64
	next       *Buf // the packet's next part; in a pool, the next free one
	pool       *Pool
	start, end int32
	refs       atomic.Int32
	special    bool // there is more to do at the last Free than give it to pool
	Offload

	source  *Buf       // whose memory this duplicate shows
	onFree  func(*Buf) // the destructor
	private []byte
	origin  Memory // of a Buf that New made
}

// Bytes returns this buffer's part of the packet. The slice is valid until the
// owner gives the buffer away.
func (b *Buf) Bytes() []byte { return b.mem[b.start:b.end] }

// Len is the number of bytes in this buffer alone.
func (b *Buf) Len() int { return int(b.end - b.start) }

// Addr is the address by which the device knows Bytes()[0]. It means nothing
// unless HasAddr.
func (b *Buf) Addr() uint64 { return b.addr + uint64(b.start) }

// HasAddr reports whether hardware can reach the buffer. Drivers of hardware
// refuse to send one that it cannot.
func (b *Buf) HasAddr() bool { return b.addr != 0 }

// Headroom is how many bytes Push can add in front.
func (b *Buf) Headroom() int { return int(b.start) }

// Tailroom is how many bytes Append can add at the end.
func (b *Buf) Tailroom() int { return len(b.mem) - int(b.end) }

// Private is an area for the owner's own notes about the packet, as large as
// Pool.SetPrivate made it. No device sees it; the pool does not clear it.
func (b *Buf) Private() []byte { return b.private }

// SetDestructor has f called when the last owner has freed b, on that owner's
// goroutine and before b's memory goes back. f may look at b but not keep it. It
// holds for one life of the buffer; nil takes it back.
func (b *Buf) SetDestructor(f func(*Buf)) {
	b.onFree = f
	b.special = f != nil || b.source != nil || b.pool == nil
}

// Next returns the packet's following part, nil in the last.
func (b *Buf) Next() *Buf { return b.next }

// SetNext makes n, with what follows it, the rest of b's packet; the owner of b
// owns n from here on.
func (b *Buf) SetNext(n *Buf) { b.next = n }

// PacketLen is the length of the whole chain.
func (b *Buf) PacketLen() int {
	n := 0
	for ; b != nil; b = b.next {
		n += b.Len()
	}
	return n
}

// Parts is the number of buffers in the chain.
func (b *Buf) Parts() int {
	n := 0
	for ; b != nil; b = b.next {
		n++
	}
	return n
}

// AppendTo appends the bytes of the whole chain to dst and returns it.
func (b *Buf) AppendTo(dst []byte) []byte {
	for ; b != nil; b = b.next {
		dst = append(dst, b.Bytes()...)
	}
	return dst
}

// Push extends the packet by n bytes in front and returns them, or nil when the
// headroom is too small.
func (b *Buf) Push(n int) []byte {
	if uint(n) > uint(b.start) {
		return nil
	}
	b.start -= int32(n)
	return b.mem[b.start : int(b.start)+n]
}

// Before returns the n bytes in front of the packet without making them part of
// it, or nil when the headroom is smaller: where a driver puts its header.
func (b *Buf) Before(n int) []byte {
	start := int(b.start)
	if uint(n) > uint(start) || start > len(b.mem) {
		return nil
	}
	return b.mem[start-n : start]
}

// Pull removes and returns n bytes from the front of this buffer, nil when it
// holds fewer.
func (b *Buf) Pull(n int) []byte {
	if uint(n) > uint(b.Len()) {
		return nil
	}
	b.start += int32(n)
	return b.mem[int(b.start)-n : b.start]
}

// Append extends this buffer's part by n bytes and returns them (whatever they
// held before), or nil when the tailroom is too small.
func (b *Buf) Append(n int) []byte {
	room := b.mem[b.end:]
	if uint(n) > uint(len(room)) {
		return nil
	}
	b.end += int32(n)
	return room[:n]
}

// Trim removes n bytes from the end of this buffer, false when it holds fewer.
func (b *Buf) Trim(n int) bool {
	if uint(n) > uint(b.Len()) {
		return false
	}
	b.end -= int32(n)
	return true
}

// Reset empties the buffer: no packet, no offload, no next part, and headroom
// bytes in front (less if the buffer is smaller).
func (b *Buf) Reset(headroom int) {
	b.start = int32(max(0, min(headroom, len(b.mem))))
	b.end = b.start
	b.next = nil
	b.Offload = Offload{}
}

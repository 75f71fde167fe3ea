package virtiotest

import (
	"encoding/binary"
	"fmt"

	"yolk/drivers/virtio"
)

// Queue is the device's side of a virtqueue, split or packed. One goroutine at
// a time.
type Queue struct {
	mem   *Memory
	size  int
	at    virtio.QueueAddresses
	ready bool
	layout
}

// layout is how the two sides of a queue tell each other things.
type layout interface {
	// available is the number of buffers to pop; at most 1 in a packed ring,
	// where the driver publishes no count.
	available() int
	// pop takes the next buffer's descriptors, those of the ring, into c.
	pop(c *Chain)
	// push answers with any id and length, publish shows the answers.
	push(id, written uint32)
	publish() (interrupt bool)
	enableKick()
	disableKick()
}

// newQueue returns the device's side of a queue set up at a.
func newQueue(m *Memory, size int, a virtio.QueueAddresses, f virtio.Feature) *Queue {
	q := &Queue{mem: m, size: size, at: a, ready: true}
	eventIdx := f&virtio.FeatureEventIdx != 0
	if f&virtio.FeatureRingPacked != 0 {
		q.layout = newPacked(q, eventIdx)
	} else {
		q.layout = &split{Queue: q, eventIdx: eventIdx}
	}
	return q
}

// Chain is a buffer that the driver has made available.
type Chain struct {
	Head uint16   // its id
	Out  [][]byte // device reads
	In   [][]byte // device writes
}

// Room is the number of bytes the device may write.
func (c *Chain) Room() int {
	n := 0
	for _, s := range c.In {
		n += len(s)
	}
	return n
}

// Size is the size the driver chose, 0 before.
func (q *Queue) Size() int { return q.size }

// Available is the number of chains to pop, or whether there are any (1).
func (q *Queue) Available() int {
	if !q.ready {
		return 0
	}
	return q.available()
}

// Pop takes the next chain into c, reusing its slices. It panics when the driver
// breaks a rule.
func (q *Queue) Pop(c *Chain) bool {
	if q.Available() == 0 {
		return false
	}
	c.Out, c.In = c.Out[:0], c.In[:0]
	q.pop(c)
	return true
}

// Push answers a chain; Publish shows it.
func (q *Queue) Push(head uint16, written int) { q.push(uint32(head), uint32(written)) }

// PushRaw is Push with any id and length: the way to lie about them.
func (q *Queue) PushRaw(id, written uint32) { q.push(id, written) }

// Publish shows the driver what was pushed and reports whether it wants an
// interrupt.
func (q *Queue) Publish() (interrupt bool) { return q.publish() }

// PublishIndex stores any used index in a split ring: the way to lie about it.
func (q *Queue) PublishIndex(idx uint16) { q.layout.(*split).publishIndex(idx) }

// Poke stores any id and flags in a descriptor of a packed ring.
func (q *Queue) Poke(place int, id, flags uint16) {
	q.layout.(*packed).poke(place, uint32(id)|uint32(flags)<<16)
}

// Wipe zeroes what the device writes: the used ring, or all of a packed ring.
func (q *Queue) Wipe() {
	if s, ok := q.layout.(*split); ok {
		clear(q.mem.At(q.at.Device, 8+8*q.size))
		s.used = 0
		return
	}
	clear(q.mem.At(q.at.Descriptors, 16*q.size))
}

// EnableKick asks the driver to notify when it makes another chain available and
// returns true when there are some already.
func (q *Queue) EnableKick() bool {
	if !q.ready {
		return false
	}
	q.enableKick()
	return q.Available() > 0
}

// DisableKick asks the driver not to notify.
func (q *Queue) DisableKick() { q.disableKick() }

// desc is a descriptor as the device reads it, flags in both layouts' order.
type desc struct {
	addr     uint64
	length   uint32
	flags    uint16
	id, next uint16
}

// take adds the memory of d to c, or that of the table it refers to.
func (q *Queue) take(c *Chain, d desc, read func(b []byte) desc, linked bool) {
	if d.length == 0 {
		panic("virtiotest: descriptor of length 0")
	}
	if d.flags&4 != 0 {
		q.takeTable(c, d, read, linked)
		return
	}
	piece := q.mem.At(d.addr, int(d.length))
	switch {
	case d.flags&2 != 0:
		c.In = append(c.In, piece)
	case len(c.In) > 0:
		panic("virtiotest: readable descriptor after a writable one")
	default:
		c.Out = append(c.Out, piece)
	}
}

// takeTable follows an indirect table: linked by next in a split ring, in order
// in a packed one.
func (q *Queue) takeTable(c *Chain, d desc, read func(b []byte) desc, linked bool) {
	table := q.mem.At(d.addr, int(d.length))
	if d.flags&3 != 0 || d.length%16 != 0 {
		panic(fmt.Sprintf("virtiotest: indirect descriptor of %d bytes, flags %#x", d.length, d.flags))
	}
	n := int(d.length) / 16
	for i, seen := 0, 0; i < n; seen++ {
		e := read(table[16*i:])
		if e.flags&4 != 0 || seen == n {
			panic("virtiotest: bad indirect table")
		}
		q.take(c, e, read, linked)
		if !linked {
			i++
		} else if e.flags&1 != 0 {
			i = int(e.next)
		} else {
			break
		}
	}
}

// readSplit and readPacked decode a descriptor (VIRTIO 1.2, 2.7.5 and 2.8.13).
func readSplit(b []byte) desc {
	return desc{addr: binary.LittleEndian.Uint64(b), length: binary.LittleEndian.Uint32(b[8:]),
		flags: binary.LittleEndian.Uint16(b[12:]), next: binary.LittleEndian.Uint16(b[14:])}
}

func readPacked(b []byte) desc {
	return desc{addr: binary.LittleEndian.Uint64(b), length: binary.LittleEndian.Uint32(b[8:]),
		id: binary.LittleEndian.Uint16(b[12:]), flags: binary.LittleEndian.Uint16(b[14:])}
}

// NewPair returns both sides of a queue with no device around it: the driver's,
// and the device's.
func NewPair[T any](m *Memory, c virtio.RingConfig) (virtio.Ring[T], *Queue, error) {
	mem, addr, err := m.Alloc(c.Bytes(), c.Align())
	if err != nil {
		return nil, nil, err
	}
	q, err := virtio.NewRing[T](c, mem, addr)
	if err != nil {
		return nil, nil, err
	}
	return q, newQueue(m, c.Size, q.Addresses(), c.Features), nil
}

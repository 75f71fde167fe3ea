package virtiotest

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"yolk/drivers/virtio"
)

// Queue is the device's side of a split virtqueue. One goroutine at a time.
type Queue struct {
	mem      *Memory
	size     int
	at       virtio.QueueAddresses
	ready    bool
	eventIdx bool

	lastAvail uint16
	used      uint16 // next used entry, not yet published
	published uint16
}

// Chain is a chain of buffers that the driver has made available.
type Chain struct {
	Head uint16
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

// Available is the number of chains to pop.
func (q *Queue) Available() int {
	if !q.ready {
		return 0
	}
	return int(uint16(atomic.LoadUint32(q.mem.word(q.at.Driver))>>16) - q.lastAvail)
}

// Pop takes the next chain into c, reusing its slices. It panics when the driver
// breaks a rule.
func (q *Queue) Pop(c *Chain) bool {
	n := q.Available()
	if n == 0 {
		return false
	}
	if n > q.size {
		panic(fmt.Sprintf("virtiotest: %d chains available in a queue of %d", n, q.size))
	}
	slot := uint64(q.lastAvail) % uint64(q.size)
	c.Head = binary.LittleEndian.Uint16(q.mem.At(q.at.Driver+4+2*slot, 2))
	c.Out, c.In = c.Out[:0], c.In[:0]
	q.lastAvail++
	i := c.Head
	for n := 0; ; n++ {
		if int(i) >= q.size || n == q.size {
			panic(fmt.Sprintf("virtiotest: chain from %d goes to %d after %d descriptors", c.Head, i, n))
		}
		d := q.mem.At(q.at.Descriptors+16*uint64(i), 16)
		addr, length := binary.LittleEndian.Uint64(d), binary.LittleEndian.Uint32(d[8:])
		flags := binary.LittleEndian.Uint16(d[12:])
		if length == 0 {
			panic("virtiotest: descriptor of length 0")
		}
		piece := q.mem.At(addr, int(length))
		if flags&2 != 0 {
			c.In = append(c.In, piece)
		} else if len(c.In) > 0 {
			panic("virtiotest: readable descriptor after a writable one")
		} else {
			c.Out = append(c.Out, piece)
		}
		if flags&1 == 0 {
			return true
		}
		i = binary.LittleEndian.Uint16(d[14:])
	}
}

// Push enters a chain in the used ring; Publish shows it.
func (q *Queue) Push(head uint16, written int) {
	q.PushRaw(uint32(head), uint32(written))
}

// PushRaw is Push with any id and length: the way to lie about them.
func (q *Queue) PushRaw(id, written uint32) {
	slot := q.at.Device + 4 + 8*(uint64(q.used)%uint64(q.size))
	atomic.StoreUint32(q.mem.word(slot), id)
	atomic.StoreUint32(q.mem.word(slot+4), written)
	q.used++
}

// Publish shows the driver what was pushed and reports whether it wants an
// interrupt (2.7.7.2).
func (q *Queue) Publish() (interrupt bool) {
	old := q.published
	q.PublishIndex(q.used)
	if old == q.used {
		return false
	}
	if !q.eventIdx {
		return atomic.LoadUint32(q.mem.word(q.at.Driver))&1 == 0
	}
	event := uint16(atomic.LoadUint32(q.mem.word(q.at.Driver + 4 + 2*uint64(q.size))))
	return q.used-event-1 < q.used-old
}

// PublishIndex stores any used index: the way to lie about it.
func (q *Queue) PublishIndex(idx uint16) {
	q.published = idx
	atomic.StoreUint32(q.mem.word(q.at.Device), uint32(idx)<<16)
}

// EnableKick asks the driver to notify when it makes another chain available and
// returns true when there are some already.
func (q *Queue) EnableKick() bool {
	if !q.ready {
		return false
	}
	if q.eventIdx {
		atomic.StoreUint32(q.mem.word(q.at.Device+4+8*uint64(q.size)), uint32(q.lastAvail))
	} else {
		atomic.StoreUint32(q.mem.word(q.at.Device), uint32(q.published)<<16)
	}
	return q.Available() > 0
}

// DisableKick asks the driver not to notify.
func (q *Queue) DisableKick() {
	if q.eventIdx {
		atomic.StoreUint32(q.mem.word(q.at.Device+4+8*uint64(q.size)), uint32(q.lastAvail-1))
	} else {
		atomic.StoreUint32(q.mem.word(q.at.Device), uint32(q.published)<<16|1)
	}
}

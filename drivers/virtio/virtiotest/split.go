package virtiotest

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
)

// split is the device's side of a split ring (VIRTIO 1.2, 2.7).
type split struct {
	*Queue
	eventIdx bool

	lastAvail uint16
	used      uint16 // next used entry, not yet published
	published uint16
}

func (q *split) available() int {
	n := int(uint16(atomic.LoadUint32(q.mem.word(q.at.Driver))>>16) - q.lastAvail)
	if n > q.size {
		panic(fmt.Sprintf("virtiotest: %d chains available in a queue of %d", n, q.size))
	}
	return n
}

func (q *split) pop(c *Chain) {
	slot := uint64(q.lastAvail) % uint64(q.size)
	c.Head = binary.LittleEndian.Uint16(q.mem.At(q.at.Driver+4+2*slot, 2))
	q.lastAvail++
	i := c.Head
	for n := 0; ; n++ {
		if int(i) >= q.size || n == q.size {
			panic(fmt.Sprintf("virtiotest: chain from %d goes to %d after %d descriptors", c.Head, i, n))
		}
		d := readSplit(q.mem.At(q.at.Descriptors+16*uint64(i), 16))
		q.take(c, d, readSplit, true)
		if d.flags&1 == 0 {
			return
		}
		i = d.next
	}
}

func (q *split) push(id, written uint32) {
	slot := q.at.Device + 4 + 8*(uint64(q.used)%uint64(q.size))
	atomic.StoreUint32(q.mem.word(slot), id)
	atomic.StoreUint32(q.mem.word(slot+4), written)
	q.used++
}

// publish follows 2.7.7.2.
func (q *split) publish() (interrupt bool) {
	old := q.published
	q.publishIndex(q.used)
	if old == q.used {
		return false
	}
	if !q.eventIdx {
		return atomic.LoadUint32(q.mem.word(q.at.Driver))&1 == 0
	}
	event := uint16(atomic.LoadUint32(q.mem.word(q.at.Driver + 4 + 2*uint64(q.size))))
	return q.used-event-1 < q.used-old
}

func (q *split) publishIndex(idx uint16) {
	q.published = idx
	atomic.StoreUint32(q.mem.word(q.at.Device), uint32(idx)<<16)
}

func (q *split) enableKick() {
	if q.eventIdx {
		atomic.StoreUint32(q.mem.word(q.at.Device+4+8*uint64(q.size)), uint32(q.lastAvail))
	} else {
		atomic.StoreUint32(q.mem.word(q.at.Device), uint32(q.published)<<16)
	}
}

func (q *split) disableKick() {
	if q.eventIdx {
		atomic.StoreUint32(q.mem.word(q.at.Device+4+8*uint64(q.size)), uint32(q.lastAvail-1))
	} else {
		atomic.StoreUint32(q.mem.word(q.at.Device), uint32(q.published)<<16|1)
	}
}

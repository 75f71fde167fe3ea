package virtiotest

import (
	"encoding/binary"
	"fmt"

	"yolk/drivers/virtio"
)

// Pair is a pair of queues. Its methods run on the device's goroutine, one at a
// time.
type Pair struct {
	net    *Net
	rx, tx int // queue numbers

	chain   Chain
	from    *Queue  // the receive queue as last seen; a driver may set it up anew
	pending []Chain // receive buffers of it taken ahead, from first on
	first   int
	scratch []byte
}

// Sent takes what the driver has sent, at most limit frames, and calls f with
// each, its header in front; the slice is valid during the call. It returns how
// many there were.
func (n *Pair) Sent(limit int, f func(frame []byte)) int {
	q := n.net.live(n.tx)
	if q == nil {
		return 0
	}
	count := 0
	for count < limit && q.Pop(&n.chain) {
		n.framing(n.chain.Out)
		frame := n.scratch[:0]
		if len(n.chain.Out) == 1 {
			frame = n.chain.Out[0]
		} else {
			for _, p := range n.chain.Out {
				frame = append(frame, p...)
			}
			n.scratch = frame
		}
		f(frame)
		q.Push(n.chain.Head, 0)
		count++
	}
	n.publish(q, n.tx)
	return count
}

// framing panics when an old device without ANY_LAYOUT gets its header in other
// than a descriptor of its own (5.1.6.6, legacy; mergeable ones exempt).
func (n *Pair) framing(parts [][]byte) {
	d := n.net
	if d.OldStyle && d.Accepted()&virtio.FeatureAnyLayout == 0 && len(parts[0]) != d.HeaderLen() {
		panic(fmt.Sprintf("virtiotest: first descriptor of %d bytes, header of %d", len(parts[0]), d.HeaderLen()))
	}
}

// Room reports whether the driver has posted buffers for a frame of n bytes,
// header included.
func (n *Pair) Room(length int) bool {
	q := n.net.live(n.rx)
	if q == nil {
		return false
	}
	if q != n.from {
		n.from, n.first, n.pending = q, 0, n.pending[:0]
	}
	if n.net.Accepted()&mrgRxbuf == 0 {
		return n.first < len(n.pending) || q.Available() > 0
	}
	room := 0
	for i := n.first; i < len(n.pending) && room < length; i++ {
		room += n.pending[i].Room()
	}
	for room < length {
		c := n.grow()
		if !q.Pop(c) {
			n.pending = n.pending[:len(n.pending)-1]
			return false
		}
		room += c.Room()
	}
	return true
}

// grow adds a chain to pending, one used before if possible, for its slices.
func (n *Pair) grow() *Chain {
	if n.first == len(n.pending) {
		n.first, n.pending = 0, n.pending[:0]
	}
	if len(n.pending) < cap(n.pending) {
		n.pending = n.pending[:len(n.pending)+1]
	} else {
		n.pending = append(n.pending, Chain{})
	}
	return &n.pending[len(n.pending)-1]
}

// Deliver gives the driver a frame with its header in front and reports whether
// there was room. The header's num_buffers is filled in. Flush shows it.
func (n *Pair) Deliver(frame []byte) bool {
	q := n.net.Queue(n.rx)
	if !n.Room(len(frame)) {
		return false
	}
	count := 0
	var head []byte
	for rest := frame; len(rest) > 0; count++ {
		c := n.next(q)
		if head == nil {
			head = c.In[0]
			if n.net.Accepted()&mrgRxbuf == 0 {
				n.framing(c.In)
			}
		}
		w := 0
		for _, p := range c.In {
			w += copy(p, rest[w:])
		}
		rest = rest[w:]
		q.Push(c.Head, w)
	}
	if n.net.HeaderLen() == NetHeader {
		binary.LittleEndian.PutUint16(head[10:], uint16(count))
	}
	return true
}

// next takes a receive buffer.
func (n *Pair) next(q *Queue) *Chain {
	if n.first < len(n.pending) {
		n.first++
		return &n.pending[n.first-1]
	}
	q.Pop(&n.chain)
	return &n.chain
}

// Flush shows the driver all frames delivered.
func (n *Pair) Flush() {
	if q := n.net.live(n.rx); q != nil {
		n.publish(q, n.rx)
	}
}

func (n *Pair) publish(q *Queue, number int) {
	if q.Publish() && n.net.Interrupt != nil {
		n.net.Interrupt(number)
	}
}

package virtiotest

import (
	"encoding/binary"

	"yolk/drivers/virtio"
)

// NetHeader is the size of the packet header in front of each frame.
const NetHeader = 12

const mrgRxbuf virtio.Feature = 1 << 15

// Net is a network device: queue 0 receives, queue 1 transmits. Its methods run
// on the device's goroutine, one at a time.
type Net struct {
	Device
	Interrupt func(queue int) // when the driver asked for one

	chain   Chain
	pending []Chain // receive buffers taken ahead, from first on
	first   int
	scratch []byte
}

// NewNet makes a network device with address 52:54:00:00:00:id, MTU 1500, queues
// of up to 256 and the given features besides VERSION_1, MAC, STATUS and MTU.
func NewNet(m *Memory, id byte, features virtio.Feature) *Net {
	conf := []byte{0x52, 0x54, 0, 0, 0, id, 1, 0, 1, 0, 0xdc, 0x05}
	return &Net{Device: Device{
		Kind:     virtio.IDNet,
		Features: virtio.FeatureVersion1 | 1<<5 | 1<<16 | 1<<3 | features,
		Sizes:    []int{256, 256},
		Conf:     conf,
		Mem:      m,
	}}
}

// Sent takes what the driver has sent, at most limit frames, and calls f with
// each, its header in front; the slice is valid during the call. It returns how
// many there were.
func (n *Net) Sent(limit int, f func(frame []byte)) int {
	q := n.Queue(1)
	if q == nil {
		return 0
	}
	count := 0
	for count < limit && q.Pop(&n.chain) {
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
	n.publish(q, 1)
	return count
}

// Room reports whether the driver has posted buffers for a frame of n bytes,
// header included.
func (n *Net) Room(length int) bool {
	q := n.Queue(0)
	if q == nil {
		return false
	}
	if n.Accepted()&mrgRxbuf == 0 {
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
func (n *Net) grow() *Chain {
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
func (n *Net) Deliver(frame []byte) bool {
	q := n.Queue(0)
	if !n.Room(len(frame)) {
		return false
	}
	count := 0
	var head []byte
	for rest := frame; len(rest) > 0; count++ {
		c := n.next(q)
		w := copy(c.In[0], rest)
		if head == nil {
			head = c.In[0]
		}
		rest = rest[w:]
		q.Push(c.Head, w)
	}
	binary.LittleEndian.PutUint16(head[10:], uint16(count))
	return true
}

// next takes a receive buffer.
func (n *Net) next(q *Queue) *Chain {
	if n.first < len(n.pending) {
		n.first++
		return &n.pending[n.first-1]
	}
	q.Pop(&n.chain)
	return &n.chain
}

// Flush shows the driver all frames delivered.
func (n *Net) Flush() {
	if q := n.Queue(0); q != nil {
		n.publish(q, 0)
	}
}

func (n *Net) publish(q *Queue, number int) {
	if q.Publish() && n.Interrupt != nil {
		n.Interrupt(number)
	}
}

// Forget drops what the device held of a queue that the driver has reset.
func (n *Net) Forget() { n.first, n.pending = 0, n.pending[:0] }

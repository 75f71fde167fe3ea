package virtiotest

import (
	"encoding/binary"
	"fmt"

	"yolk/drivers/virtio"
)

// NetHeader is the size of the packet header in front of each frame, except in a
// legacy device without mergeable buffers, where it is 2 less.
const NetHeader = 12

// Feature bits (VIRTIO 1.2, 5.1.3).
const (
	mrgRxbuf virtio.Feature = 1 << 15
	ctrlVQ   virtio.Feature = 1 << 17
	mq       virtio.Feature = 1 << 22
)

// MaxPairs is how many queue pairs a Net with VIRTIO_NET_F_MQ has.
const MaxPairs = 4

// Net is a network device: queue 0 receives, queue 1 transmits; with MQ so do
// the following pairs, and with CTRL_VQ the last queue takes commands.
type Net struct {
	Device
	*Pair                     // the first
	Pairs     []*Pair         // all
	Interrupt func(queue int) // when the driver asked for one; virtio.ConfigVector: SetLink
	// Control serves a command and returns the acknowledgement; nil accepts
	// everything. Commands are in Commands, class and number first.
	Control  func(class, number byte, data []byte) byte
	Commands [][]byte
}

// NewNet makes a network device with address 52:54:00:00:00:id, MTU 1500, queues
// of up to 256 and the given features besides MAC, STATUS, MTU and VERSION_1.
func NewNet(m *Memory, id byte, features virtio.Feature) *Net {
	conf := []byte{0x52, 0x54, 0, 0, 0, id, 1, 0, 1, 0, 0xdc, 0x05,
		0, 0, 0, 0, 0, 40, 128, 0, 0x3f, 0, 0, 0}
	n := &Net{Device: Device{
		Kind:     virtio.IDNet,
		Features: virtio.FeatureVersion1 | 1<<5 | 1<<16 | 1<<3 | features,
		Conf:     conf,
		Mem:      m,
	}}
	pairs := 1
	if features&mq != 0 {
		pairs = MaxPairs
		conf[8] = MaxPairs
	}
	for i := range pairs {
		n.Sizes = append(n.Sizes, 256, 256)
		n.Pairs = append(n.Pairs, &Pair{net: n, rx: 2 * i, tx: 2*i + 1})
	}
	n.Pair = n.Pairs[0]
	if features&ctrlVQ != 0 {
		control := len(n.Sizes)
		n.Sizes = append(n.Sizes, 64)
		n.Serve = map[int]func(){control: func() { n.command(control) }}
	}
	return n
}

// NewLegacyNet is NewNet for a device of before version 1.
func NewLegacyNet(m *Memory, id byte, features virtio.Feature) *Net {
	n := NewNet(m, id, features)
	n.Features &^= virtio.FeatureVersion1
	n.OldStyle = true
	return n
}

// HeaderLen is the size of the packet header as agreed (VIRTIO 1.2, 5.1.6.1).
func (n *Net) HeaderLen() int {
	if n.OldStyle && n.Accepted()&mrgRxbuf == 0 {
		return NetHeader - 2
	}
	return NetHeader
}

// Nobody is who waits for interrupts in vain: each Wait returns at once.
type Nobody struct{}

func (Nobody) Wait(int) {}
func (Nobody) Wake(int) {}

// SetLink changes the state of the wire, and interrupts for it.
func (n *Net) SetLink(up bool) {
	status := uint16(0)
	if up {
		status = 1
	}
	n.conf().Write16(6, status)
	n.Raise(virtio.InterruptConfig)
	if n.Interrupt != nil {
		n.Interrupt(virtio.ConfigVector)
	}
}

// GiveUp sets DEVICE_NEEDS_RESET, and interrupts for it.
func (n *Net) GiveUp() {
	n.mu.Lock()
	n.status |= virtio.StatusNeedsReset
	n.mu.Unlock()
	n.Raise(virtio.InterruptConfig)
	if n.Interrupt != nil {
		n.Interrupt(virtio.ConfigVector)
	}
}

// live returns a queue that the device may use: not before DRIVER_OK.
func (n *Net) live(queue int) *Queue {
	if n.Status()&virtio.StatusDriverOK == 0 {
		return nil
	}
	return n.Queue(queue)
}

// command serves the control queue (5.1.6.5).
func (n *Net) command(queue int) {
	q := n.Queue(queue)
	var c Chain
	for q.Pop(&c) {
		var all []byte
		for _, p := range c.Out {
			all = append(all, p...)
		}
		if len(all) < 2 || c.Room() != 1 {
			panic(fmt.Sprintf("virtiotest: command of %d bytes, room for %d", len(all), c.Room()))
		}
		n.Commands = append(n.Commands, all)
		c.In[0][0] = 0
		if n.Control != nil {
			c.In[0][0] = n.Control(all[0], all[1], all[2:])
		}
		q.Push(c.Head, 1)
	}
	q.Publish()
	q.EnableKick() // for the next
}

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

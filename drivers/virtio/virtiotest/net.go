package virtiotest

import (
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

// Package ninep carries 9P messages to a virtio 9P transport device: a folder of the
// host's (VIRTIO 1.2 has its number, 9, in section 5 and no more of it; the one queue
// and the configuration space are those of Linux 6.1 include/uapi/linux/virtio_9p.h).
//
// A request is one buffer: pieces that the device reads, then pieces that it writes.
// Many are under way at once. Who waits for an answer waits for the device's interrupt
// itself, unless another does: then that one wakes it.
//
// It may import drivers/virtio and kernel/posix/ninep.
package ninep

import (
	"errors"
	"fmt"
	"sync"

	"yolk/drivers/virtio"
	"yolk/kernel/posix/ninep"
)

// Errors of New, and of requests.
var (
	ErrKind    = errors.New("virtio-9p: not a 9P device")
	ErrTag     = errors.New("virtio-9p: impossible mount tag in the configuration space")
	ErrTimeout = errors.New("virtio-9p: no answer on queue 0 for a minute")
	ErrGone    = errors.New("virtio-9p: device has left the machine")
	ErrReset   = errors.New("virtio-9p: device asks for a reset (DEVICE_NEEDS_RESET in the status register)")
)

const (
	queueRequests = 0

	featureTag = virtio.Feature(1 << 0) // VIRTIO_9P_MOUNT_TAG: the configuration has a name

	// maxTag is the longest name that is believed.
	maxTag = 255

	// slots is how many requests are under way at most. Each takes up to four
	// descriptors of the ring.
	slots    = 16
	ringSize = 4 * slots

	// MaxData is the most bytes that a request moves. Whatever moves, the host goes from one
	// of its threads to another three times for each.
	MaxData = 1 << 20
	minData = 4096
	// mostData is how much memory slots have for data in all; one that has none yet has
	// minData anyway.
	mostData = 8 << 20
)

// An Interrupt is what a platform makes of the device's. Wait parks the calling
// goroutine until the device interrupts for the queue or Wake is called; it may return
// early.
type Interrupt interface {
	Wait(queue int)
	Wake(queue int)
}

// A Device is a ninep.Channel to the device's server. A broken rule or a device that is
// gone or silent ends it: all requests fail, and the error says why.
type Device struct {
	Tag string // the name of what it shares

	// Ended, if set, is called when the device has ended, with the reason. It must not
	// call the Device.
	Ended func(error)

	t   virtio.Transport
	mem virtio.Memory
	irq Interrupt

	mu      sync.Mutex
	q       virtio.Ring[*slot]
	all     [slots]*slot // made one after the other, as they are wanted
	made    int
	free    []*slot
	held    int       // bytes that slots have for data
	room    sync.Cond // a slot became free, or the device failed
	waiting bool      // a request's goroutine waits for the interrupt
	posted  bool      // there are requests of which the device was not told
	watched bool      // the goroutine of watch runs
	err     error

	// What the ring is handed, which would be allocated for each call otherwise.
	segs    [4]virtio.Segment
	done    [slots]*slot
	written [slots]uint32
}

var _ ninep.Channel = (*Device)(nil)

// New brings up the 9P device behind t, with its ring and buffers in mem. With irq nil
// the device is polled.
func New(t virtio.Transport, mem virtio.Memory, irq Interrupt) (*Device, error) {
	if id := t.DeviceID(); id != virtio.ID9P {
		return nil, fmt.Errorf("%w: virtio id %d", ErrKind, id)
	}
	d := &Device{t: t, mem: mem, irq: irq}
	d.room.L = &d.mu
	offer, err := virtio.Begin(t)
	if err != nil {
		return nil, err
	}
	agreed := offer & (virtio.FeatureVersion1 | virtio.FeatureEventIdx | virtio.FeatureRingPacked | featureTag)
	if err := virtio.Accept(t, agreed); err != nil {
		return nil, err
	}
	if err = d.open(agreed); err != nil {
		virtio.Fail(t)
		return nil, err
	}
	virtio.Ready(t)
	return d, nil
}

// open reads the tag and sets the queue up.
func (d *Device) open(agreed virtio.Feature) error {
	if agreed&featureTag != 0 {
		if err := d.readTag(); err != nil {
			return err
		}
	}
	most := d.t.MaxQueueSize(queueRequests)
	c := virtio.RingConfig{Features: agreed, Size: min(ringSize, most)}
	if d.t.Legacy() {
		c.Size, c.Limit = most, ringSize
	}
	if c.Size < 4 {
		return fmt.Errorf("%w: queue 0 has %d places", virtio.ErrNoQueue, c.Size)
	}
	ring, addr, err := d.mem.Alloc(c.Bytes(), c.Align())
	if err != nil {
		return err
	}
	if d.q, err = virtio.NewRing[*slot](c, ring, addr); err == nil {
		err = d.t.SetupQueue(queueRequests, c.Size, d.q.Addresses())
	}
	if err != nil {
		if d.t.Reset() == nil { // or it may still use what it was told
			d.mem.Free(ring, addr)
		}
		return err
	}
	d.q.DisableInterrupt()
	return nil
}

// readTag reads the name of what the device shares: its length, u16, and its bytes.
func (d *Device) readTag() error {
	var tag []byte
	err := virtio.ReadConfig(d.t, 2, func(r virtio.Region) {
		n := uint32(r.Read16(0))
		tag = tag[:0]
		if n > maxTag || n+2 > r.Len() {
			tag = nil
			return
		}
		for i := range n {
			tag = append(tag, r.Read8(2+i))
		}
	})
	if err == nil && len(tag) == 0 {
		err = ErrTag
	}
	d.Tag = string(tag)
	return err
}

// slot is a request's memory, and where the device sees it.
type slot struct {
	ninep.Slot
	outAt, inAt, dataAt uint64

	wake chan struct{} // its goroutine is to look again

	// Guarded by the device's lock.
	busy      bool   // the device has it
	forgotten bool   // nobody waits for it
	answer    uint32 // bytes that the device wrote
	ticks     int    // seconds that it has been under way
}

// Acquire implements ninep.Channel.
func (d *Device) Acquire(data int) (*ninep.Slot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.appoint()
	for {
		if d.err != nil {
			return nil, d.err
		}
		d.reap()
		if n := len(d.free); n > 0 {
			s := d.free[n-1]
			d.free = d.free[:n-1]
			return d.fit(s, data)
		}
		if d.made < min(slots, d.q.Size()/4) {
			s, err := d.newSlot()
			if err != nil && d.made == 0 {
				return nil, err
			}
			if err == nil {
				return d.fit(s, data)
			}
		}
		if d.posted {
			d.tell()
		}
		if !d.waiting && d.q.InFlight() > 0 {
			d.await()
			continue
		}
		d.room.Wait()
	}
}

// newSlot makes one more.
func (d *Device) newSlot() (*slot, error) {
	mem, at, err := d.mem.Alloc(2*ninep.SmallSize, 64)
	if err != nil {
		return nil, err
	}
	s := &slot{outAt: at, inAt: at + ninep.SmallSize, wake: make(chan struct{}, 1)}
	s.Out, s.In, s.Tag = mem[:ninep.SmallSize], mem[ninep.SmallSize:], uint16(d.made)
	d.all[d.made] = s
	d.made++
	return s, nil
}

// fit gives a slot memory for data: of its size, rounded up to a power of two, or less when
// there is none, or when others have much.
func (d *Device) fit(s *slot, data int) (*ninep.Slot, error) {
	n := minData
	for n < min(data, MaxData) {
		n *= 2
	}
	for n > max(minData, mostData-d.held+len(s.Data)) {
		n /= 2
	}
	if data == 0 || n <= len(s.Data) {
		return &s.Slot, nil
	}
	if s.Data != nil {
		d.mem.Free(s.Data, s.dataAt)
		d.held -= len(s.Data)
		s.Data = nil
	}
	mem, at, err := d.mem.Alloc(n, 64)
	for ; err != nil && n > minData; mem, at, err = d.mem.Alloc(n, 64) {
		n /= 2
	}
	if err != nil {
		d.free = append(d.free, s)
		return nil, err
	}
	s.Data, s.dataAt = mem, at
	d.held += n
	return &s.Slot, nil
}

// Release implements ninep.Channel.
func (d *Device) Release(s *ninep.Slot) {
	d.mu.Lock()
	d.give(d.all[s.Tag])
	d.mu.Unlock()
}

// give makes a slot free. One that a dead device may still write to is not used again.
func (d *Device) give(s *slot) {
	if d.err == nil {
		d.free = append(d.free, s)
	}
	d.room.Signal()
}

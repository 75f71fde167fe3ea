package virtiotest

import "yolk/drivers/virtio"

// NewPair returns both sides of a queue with no device around it: the driver's,
// and the device's.
func NewPair(m *Memory, size int, eventIdx bool) (*virtio.Queue, *Queue, error) {
	mem, addr, err := m.Alloc(virtio.RingBytes(size), virtio.RingAlign)
	if err != nil {
		return nil, nil, err
	}
	q, err := virtio.NewQueue(size, mem, addr, eventIdx)
	if err != nil {
		return nil, nil, err
	}
	return q, &Queue{mem: m, size: size, at: q.Addresses(), ready: true, eventIdx: eventIdx}, nil
}

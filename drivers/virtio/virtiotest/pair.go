package virtiotest

import "yolk/drivers/virtio"

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

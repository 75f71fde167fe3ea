package virtio

// OpenSingle brings up the device behind t that is used through one queue, one
// buffer at a time, such as the entropy source and the console: with the least ring,
// and a buffer of size bytes that the device sees at an address, both in mem. It does
// not interrupt until the ring is told so. The tokens are nil; they are pointers to
// share code with the network card's.
func OpenSingle(t Transport, mem Memory, queue, size int) (q Ring[*byte], buf []byte, at uint64, err error) {
	offer, err := Begin(t)
	if err != nil {
		return nil, nil, 0, err
	}
	c := RingConfig{Features: offer & FeatureVersion1, Size: 2}
	if err := Accept(t, c.Features); err != nil {
		return nil, nil, 0, err
	}
	if t.Legacy() {
		c.Size = t.MaxQueueSize(queue)
	}
	ring, addr, err := mem.Alloc(c.Bytes(), c.Align())
	if err != nil {
		return nil, nil, 0, err
	}
	if q, err = NewRing[*byte](c, ring, addr); err != nil {
		return nil, nil, 0, err
	}
	if buf, at, err = mem.Alloc(size, 64); err != nil {
		return nil, nil, 0, err
	}
	if err := t.SetupQueue(queue, c.Size, q.Addresses()); err != nil {
		return nil, nil, 0, err
	}
	q.DisableInterrupt()
	Ready(t)
	return q, buf, at, nil
}

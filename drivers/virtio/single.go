package virtio

// OpenSingle brings up the device behind t that is used through one queue, one
// buffer at a time, such as the entropy source and the console: with the least ring,
// and a buffer of size bytes that the device sees at an address, both in mem. It does
// not interrupt until the ring is told so. The tokens are nil; they are pointers to
// share code with the network card's. After an error the device has been reset and
// the memory is mem's again, unless the device does not comply.
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
		Fail(t)
		return nil, nil, 0, err
	}
	if q, err = NewRing[*byte](c, ring, addr); err == nil {
		buf, at, err = mem.Alloc(size, 64)
	}
	if err == nil {
		err = t.SetupQueue(queue, c.Size, q.Addresses())
	}
	if err != nil {
		if t.Reset() == nil { // or it may still use what it was told
			mem.Free(ring, addr)
			if buf != nil {
				mem.Free(buf, at)
			}
		}
		Fail(t)
		return nil, nil, 0, err
	}
	q.DisableInterrupt()
	Ready(t)
	return q, buf, at, nil
}

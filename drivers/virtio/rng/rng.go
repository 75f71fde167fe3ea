// Package rng reads entropy from a virtio entropy device (VIRTIO 1.2, 5.4), for
// machines whose processor has no random number instruction.
package rng

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"yolk/drivers/virtio"
)

// Errors of New and Read.
var (
	ErrKind    = errors.New("virtio-rng: not an entropy device")
	ErrTimeout = errors.New("virtio-rng: no answer on the request queue")
	ErrEmpty   = errors.New("virtio-rng: device answered with no bytes")
)

const (
	queueRequest = 0 // 5.4.2
	ringSize     = 2 // the least; one request is outstanding at a time
	chunk        = 256
	// timeout is generous: the host may be short of entropy for a while.
	timeout = 5 * time.Second
)

// Device is an entropy source. It is an io.Reader, safe for concurrent use.
type Device struct {
	mu  sync.Mutex
	t   virtio.Transport
	q   virtio.Ring[*byte] // nil tokens; of pointers, to share code with the network card's
	buf []byte
	at  uint64
	err error // sticky: the device broke a rule or never answered
}

var _ io.Reader = (*Device)(nil)

// New brings up the entropy device behind t with its ring and buffer in mem.
func New(t virtio.Transport, mem virtio.Memory) (*Device, error) {
	if id := t.DeviceID(); id != virtio.IDRng {
		return nil, fmt.Errorf("%w: virtio id %d", ErrKind, id)
	}
	offer, err := virtio.Begin(t)
	if err != nil {
		return nil, err
	}
	features := offer & virtio.FeatureVersion1
	if err := virtio.Accept(t, features); err != nil {
		return nil, err
	}
	c := virtio.RingConfig{Features: features, Size: ringSize}
	if t.Legacy() {
		c.Size = t.MaxQueueSize(queueRequest)
	}
	ring, addr, err := mem.Alloc(c.Bytes(), c.Align())
	if err != nil {
		return nil, err
	}
	d := &Device{t: t}
	if d.q, err = virtio.NewRing[*byte](c, ring, addr); err != nil {
		return nil, err
	}
	if d.buf, d.at, err = mem.Alloc(chunk, 64); err != nil {
		return nil, err
	}
	if err := t.SetupQueue(queueRequest, c.Size, d.q.Addresses()); err != nil {
		return nil, err
	}
	d.q.DisableInterrupt()
	virtio.Ready(t)
	return d, nil
}

// Read fills p with entropy from the device, by requests that it polls for. It
// returns fewer bytes only with an error; after one the device is not asked again.
func (d *Device) Read(p []byte) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n < len(p) && d.err == nil {
		got := d.request(min(chunk, len(p)-n))
		n += copy(p[n:], got)
		clear(got) // do not keep what the caller got
	}
	return n, d.err
}

// request asks for up to n bytes and waits; the result is valid until the next.
func (d *Device) request(n int) []byte {
	if !d.q.AddChain([]virtio.Segment{virtio.In(d.at, uint32(n))}, nil) {
		d.err = d.q.Err()
		return nil
	}
	if d.q.Publish() {
		d.t.Notify(queueRequest)
	}
	var done [1]*byte
	var written [1]uint32
	for deadline := time.Now().Add(timeout); ; runtime.Gosched() {
		if d.q.Used(done[:], written[:]) == 1 {
			if written[0] == 0 { // 5.4.6.2: one or more
				d.err = ErrEmpty
			}
			return d.buf[:written[0]] // at most n: the ring checked
		}
		if d.err = d.q.Err(); d.err != nil {
			return nil
		}
		if time.Now().After(deadline) {
			d.err = ErrTimeout
			return nil
		}
	}
}

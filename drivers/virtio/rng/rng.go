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
	chunk        = 256
	// timeout is generous: the host may be short of entropy for a while.
	timeout = 5 * time.Second
)

// Device is an entropy source. It is an io.Reader, safe for concurrent use.
type Device struct {
	mu  sync.Mutex
	t   virtio.Transport
	q   virtio.Ring[*byte]
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
	d := &Device{t: t}
	var err error
	if d.q, d.buf, d.at, err = virtio.OpenSingle(t, mem, queueRequest, chunk); err != nil {
		return nil, err
	}
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

// Package console writes to a virtio console device (VIRTIO 1.2, 5.3), whose other
// end is whatever the host has connected it to. Of the device's one port without
// VIRTIO_CONSOLE_F_MULTIPORT only the transmit queue is used.
package console

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"yolk/drivers/virtio"
)

// ErrKind is the error of New for another kind of device.
var ErrKind = errors.New("virtio-console: not a console device")

const (
	queueTransmit = 1 // 5.3.2: transmitq(port0)
	chunk         = 64 << 10
)

// Device is a console's output. It is an io.Writer, safe for concurrent use.
type Device struct {
	mu  sync.Mutex
	t   virtio.Transport
	irq Interrupt
	q   virtio.Ring[*byte]
	buf []byte
	at  uint64
}

var _ io.Writer = (*Device)(nil)

// Interrupt is what a platform makes of the device's. Wait parks the calling
// goroutine until the device interrupts for the queue; it may return early.
type Interrupt interface{ Wait(queue int) }

// New brings up the console behind t with its ring and buffer in mem. With irq nil
// the device is polled.
func New(t virtio.Transport, mem virtio.Memory, irq Interrupt) (*Device, error) {
	if id := t.DeviceID(); id != virtio.IDConsole {
		return nil, fmt.Errorf("%w: virtio id %d", ErrKind, id)
	}
	d := &Device{t: t, irq: irq}
	var err error
	if d.q, d.buf, d.at, err = virtio.OpenSingle(t, mem, queueTransmit, chunk); err != nil {
		return nil, err
	}
	return d, nil
}

// Write returns when the device has taken all of p, however long that is: the host
// may stop reading. An error says that the device broke a rule; it is not written
// to again.
func (d *Device) Write(p []byte) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n < len(p) {
		size := copy(d.buf, p[n:])
		if err := d.send(size); err != nil {
			return n, err
		}
		n += size
	}
	return n, nil
}

// send gives the device the first n bytes of the buffer and waits until it has used
// them.
func (d *Device) send(n int) error {
	if !d.q.AddChain([]virtio.Segment{virtio.Out(d.at, uint32(n))}, nil) {
		return d.q.Err()
	}
	if d.q.Publish() {
		d.t.Notify(queueTransmit)
	}
	var done [1]*byte
	var written [1]uint32
	for d.q.Used(done[:], written[:]) == 0 {
		if err := d.q.Err(); err != nil {
			return err
		}
		d.wait()
	}
	d.q.DisableInterrupt()
	return nil
}

// wait lets others run until there may be a used buffer.
func (d *Device) wait() {
	if d.irq == nil {
		runtime.Gosched()
	} else if !d.q.EnableInterrupt() {
		d.irq.Wait(queueTransmit)
	}
}

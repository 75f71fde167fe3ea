package usb

import "fmt"

// A Pipe leads to one endpoint of a device. Its methods may be called by any goroutine,
// except where they say so by none that Done runs on.
type Pipe struct {
	// HC is the controller's.
	HC any

	dev *Device
	ep  Endpoint

	// Under the host's lock:
	queue   queue // the first is with the controller
	pending int   // transfers whose Done has not returned
	failed  error // what Submit returns: the pipe is halted, closed, or the device has left
	closed  bool  // failed is for good
	freed   bool  // the controller is through with it
	watch   watch
}

// Open makes a pipe to an endpoint of the active configuration, in the setting that its
// interface has.
func (d *Device) Open(e Endpoint) (*Pipe, error) {
	if e.Type == Isochronous || e.Type == Control && e.Number() != 0 {
		return nil, fmt.Errorf("%v: %v: %w", d, &e, ErrUnsupported)
	}
	p := &Pipe{dev: d, ep: e}
	h := d.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.err != nil {
		return nil, fmt.Errorf("%v: %v: %w", d, &e, d.err)
	}
	if err := h.ctrl.Open(p); err != nil {
		return nil, fmt.Errorf("%v: %v: %w", d, &e, err)
	}
	d.pipes = append(d.pipes, p)
	return p, nil
}

// Endpoint returns what the pipe was opened with. It must not be written to.
func (p *Pipe) Endpoint() *Endpoint { return &p.ep }

// Device returns the device that the pipe leads to.
func (p *Pipe) Device() *Device { return p.dev }

// Submit queues a transfer; they are done in that order. An error says that it was not
// taken, and Done is not called: ErrBusy, ErrBuffer, ErrClosed, ErrGone, or what the
// pipe halted with.
func (p *Pipe) Submit(t *Transfer) error {
	if err := p.check(t); err != nil {
		return err
	}
	h := p.dev.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.state != idle {
		return ErrBusy
	}
	if p.failed != nil {
		return p.failed
	}
	t.pipe, t.state, t.N, t.Err, t.reason = p, queued, 0, nil, nil
	p.pending++
	p.queue.add(t)
	p.begin()
	return nil
}

// check looks for what a controller could not do.
func (p *Pipe) check(t *Transfer) error {
	align, n, packet := uint64(4), len(t.Data), int(p.ep.MaxPacket)
	in := p.ep.In() && p.ep.Type != Control
	if in {
		align = Align
	}
	switch {
	case n > MaxTransfer, t.Addr%align != 0,
		in && (n == 0 || n%packet != 0),
		n > packet && packet%4 != 0: // the next packet would not be aligned
		return ErrBuffer
	}
	return nil
}

// Do submits a transfer and waits for its end, which it does not call Done for. Not for
// the goroutine that Done runs on.
func (p *Pipe) Do(t *Transfer) (int, error) {
	if t.wait == nil {
		t.wait = make(chan struct{}, 1)
		t.Done = func(t *Transfer) { t.wait <- struct{}{} }
	}
	if err := p.Submit(t); err != nil {
		return 0, err
	}
	<-t.wait
	return t.N, t.Err
}

// ClearHalt makes a halted pipe usable again: the device is told, and both ends begin
// with DATA0 (USB 2.0 9.4.5). A pipe halts when a transfer fails with ErrStall, ErrBabble
// or ErrTransaction: those queued behind it fail with the same error, and so does Submit.
func (p *Pipe) ClearHalt() error {
	clear := Setup{RequestType: ToEndpoint, Request: ClearFeature, Value: EndpointHalt, Index: uint16(p.ep.Address)}
	if _, err := p.dev.Control(clear, nil, 0); err != nil {
		return err
	}
	h := p.dev.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.closed {
		return p.failed
	}
	if p.queue.head != nil {
		return fmt.Errorf("%v: %v: ClearHalt: %w", p.dev, &p.ep, ErrBusy)
	}
	h.ctrl.ResetToggle(p)
	p.failed = nil
	return nil
}

// Cancel ends every transfer on the pipe with ErrCanceled, and returns when all their
// Done have. Not for the goroutine that Done runs on.
func (p *Pipe) Cancel() {
	h := p.dev.host
	h.mu.Lock()
	defer h.mu.Unlock()
	p.stopAll(ErrCanceled)
	p.drain()
}

// Close ends every transfer on the pipe with ErrClosed, and returns when all their Done
// have and the controller is through with the pipe. Not for the goroutine that Done runs
// on.
func (p *Pipe) Close() {
	h := p.dev.host
	h.mu.Lock()
	defer h.mu.Unlock()
	p.shut(ErrClosed)
	p.release()
}

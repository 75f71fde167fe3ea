package lan9514

// Status is how a transfer ended.
type Status uint8

const (
	OK        Status = iota
	Stall            // the endpoint is halted, until CLEAR_FEATURE
	Babble           // it sent more than was asked for
	Broken           // nothing that could be understood, three times
	Cancelled        // by Cancel or Reset
	Lost             // no answer ever: whoever asked waits until Cancel
)

// Numbers and addresses of the endpoints.
const (
	BulkIn      = 0x81
	BulkOut     = 0x02
	InterruptIn = 0x83
)

// Done is called at the end of a transfer, on any goroutine. The bytes stay as they
// are until the next transfer on the endpoint.
type Done func(data []byte, s Status)

// pipe is an endpoint.
type pipe struct {
	done      Done // of the transfer that waits, an IN one
	length    int
	cancelled bool
	halted    bool
	faults    []Status // what the next transfers meet
}

// Inject has the next transfers on an endpoint end so, one each. OK lets one pass.
// The control pipe is endpoint 0, which a stall does not halt.
func (c *Chip) Inject(endpoint byte, faults ...Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &c.pipes[endpoint&3]
	p.faults = append(p.faults, faults...)
}

// Corrupt has f rewrite each burst of received frames, within its length or
// shorter, before the host reads it; nil ends that. f must not use the chip.
func (c *Chip) Corrupt(f func(burst []byte) []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corrupt = f
}

// fault is what a transfer that begins meets.
func (c *Chip) fault(p *pipe) Status {
	control := p == &c.pipes[0]
	switch {
	case p.halted:
		return Stall
	case c.config == 0 && !control:
		return Broken
	case len(p.faults) == 0:
		return OK
	}
	s := p.faults[0]
	p.faults = p.faults[1:]
	p.halted = s == Stall && !control
	return s
}

// In begins a transfer of up to n bytes on an IN endpoint. While there is nothing to
// read it waits, as a host does that is answered by NAKs.
func (c *Chip) In(endpoint byte, n int, done Done) {
	c.mu.Lock()
	p := &c.pipes[endpoint&3]
	s := c.fault(p)
	if p.done != nil {
		s = Broken // no host asks twice
	}
	switch s {
	case OK:
		p.done, p.length, p.cancelled = done, n, false
	case Lost:
		p.done, p.length, p.cancelled = done, -1, false
	default:
		c.mu.Unlock()
		done(nil, s)
		return
	}
	c.settle()
}

// Cancel ends a transfer that waits.
func (c *Chip) Cancel(endpoint byte) {
	c.mu.Lock()
	p := &c.pipes[endpoint&3]
	p.cancelled = p.done != nil
	c.settle()
}

// settle ends the transfers for which there is something to say, and gives up the
// lock: who is told may use the chip.
func (c *Chip) settle() {
	for {
		done, data, s := c.finished()
		if done == nil {
			break
		}
		c.mu.Unlock()
		done(data, s)
		c.mu.Lock()
	}
	c.mu.Unlock()
}

// finished takes a transfer that can end.
func (c *Chip) finished() (done Done, data []byte, s Status) {
	for i := range c.pipes {
		p := &c.pipes[i]
		ready := false
		switch {
		case p.done == nil:
			continue
		case p.cancelled:
			ready, s = true, Cancelled
		case p.length < 0: // lost
		case i == BulkIn&3:
			data, ready = c.answer(p.length)
		case i == InterruptIn&3:
			data, ready = c.notice()
		}
		if ready {
			done, p.done, p.cancelled = p.done, nil, false
			return done, data, s
		}
	}
	return nil, nil, OK
}

// notice is a packet on the interrupt endpoint: what has happened since the last.
func (c *Chip) notice() ([]byte, bool) {
	v := c.interrupts() & c.reg(intEpCtl)
	if v == 0 || v == c.raised {
		c.raised = v
		return nil, false
	}
	c.raised = v
	c.word = [4]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
	return c.word[:], true
}

package usb

import "time"

// What happens to a pipe's queue. All of it is called under the host's lock.

// begin hands the first transfer to the controller, unless it is there already; those
// that are not wanted any more end.
func (p *Pipe) begin() {
	for t := p.queue.head; t != nil && t.state == queued; t = p.queue.head {
		if t.reason == nil {
			t.state = active
			p.watch.start(p, t.Timeout)
			p.dev.host.ctrl.Begin(t)
			return
		}
		p.queue.pop()
		p.finish(t, 0, t.reason)
	}
}

// finish gives a transfer, which is in no queue, to the host's goroutine.
func (p *Pipe) finish(t *Transfer, n int, err error) {
	t.N, t.Err, t.state = n, err, ended
	p.dev.host.end(t)
}

// stop ends a transfer in the queue: soon if the controller has it, else now.
func (p *Pipe) stop(t *Transfer, why error) {
	switch {
	case t.state == queued:
		p.queue.remove(t)
		p.finish(t, 0, why)
	case t.reason == nil:
		t.reason = why
		p.dev.host.ctrl.Stop(t)
	}
}

// stopAll ends every transfer, in order.
func (p *Pipe) stopAll(why error) {
	if p.queue.head == nil {
		return
	}
	for t := p.queue.head.next; t != nil; t = t.next {
		t.reason = why // and begin does the rest
	}
	p.stop(p.queue.head, why)
}

// halt fails what is queued, and what will be until ClearHalt.
func (p *Pipe) halt(err error) {
	if p.failed == nil {
		p.failed = err
	}
	for t := p.queue.pop(); t != nil; t = p.queue.pop() {
		if t.reason == nil {
			t.reason = err
		}
		p.finish(t, 0, t.reason)
	}
}

// shut ends every transfer and refuses more, for good.
func (p *Pipe) shut(why error) {
	if !p.closed {
		p.closed, p.failed = true, why
		p.stopAll(why)
	}
}

// release gives a pipe that is shut back to the controller, when it is through with it.
func (p *Pipe) release() {
	p.drain()
	if !p.freed {
		p.freed = true
		p.watch.end()
		p.dev.host.ctrl.Close(p)
		p.dev.forget(p)
	}
}

// drain waits until every transfer's Done has returned.
func (p *Pipe) drain() {
	for p.pending > 0 {
		p.dev.host.drained.Wait()
	}
}

// A watch ends the transfer that a pipe is at when its time is up. Setting it for each
// transfer costs no call of the timer's: one that rings early is set anew.
type watch struct {
	timer    *time.Timer // made when a transfer first has a timeout
	ringing  time.Time   // when the timer rings, zero if it does not
	deadline time.Time   // of the active transfer, zero if it has none
}

// start sets the time that the pipe's active transfer has, 0 for no limit.
func (w *watch) start(p *Pipe, timeout time.Duration) {
	if timeout <= 0 {
		w.deadline = time.Time{}
		return
	}
	w.deadline = time.Now().Add(timeout)
	if !w.ringing.IsZero() && !w.deadline.Before(w.ringing) {
		return
	}
	w.ringing = w.deadline
	if w.timer == nil {
		w.timer = time.AfterFunc(timeout, func() { w.ring(p) })
	} else {
		w.timer.Reset(timeout)
	}
}

// ring is the timer's. It takes the lock.
func (w *watch) ring(p *Pipe) {
	h := p.dev.host
	h.mu.Lock()
	defer h.mu.Unlock()
	w.ringing = time.Time{}
	t := p.queue.head
	if t == nil || w.deadline.IsZero() {
		return
	}
	if left := time.Until(w.deadline); left > 0 {
		w.ringing = w.deadline
		w.timer.Reset(left)
		return
	}
	p.stop(t, ErrTimeout)
}

func (w *watch) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

package netdev

import "time"

// EnableInterrupt asks for an interrupt when receive queue `queue` next gets a
// packet. It returns true when packets are there already: poll again, an
// interrupt for them may never come. For the queue's goroutine. The error names
// the state of a device that is not running, or is ErrUnsupported.
func (d *Device) EnableInterrupt(queue int) (pending bool, err error) {
	q, err := d.interruptible("EnableInterrupt", queue)
	if err != nil {
		return false, err
	}
	return q.q.EnableInterrupt(), nil
}

// DisableInterrupt asks for none. One already on its way may still arrive.
func (d *Device) DisableInterrupt(queue int) error {
	q, err := d.interruptible("DisableInterrupt", queue)
	if err != nil {
		return err
	}
	q.q.DisableInterrupt()
	return nil
}

// Wait blocks until receive queue `queue` has had an interrupt or a Wake since
// the last Wait, or returns an error when the device is or gets closed. It may
// return early, costing a poll. Not for a queue with an event callback. The
// goroutine that waits need not be the one that polls.
func (d *Device) Wait(queue int) error {
	q, err := d.waitable("Wait", queue)
	if err != nil {
		return err
	}
	return d.wait(q)
}

// WaitFor is Wait that lasts no longer than timeout: a program that waits can so do
// something else now and then.
func (d *Device) WaitFor(queue int, timeout time.Duration) error {
	q, err := d.waitable("WaitFor", queue)
	if err != nil {
		return err
	}
	if q.alarm == nil {
		q.alarm = time.AfterFunc(timeout, q.q.Wake)
	} else {
		q.alarm.Reset(timeout)
	}
	defer q.alarm.Stop() // one that rings all the same ends another Wait early
	return d.wait(q)
}

// Wake makes a Wait of the queue return, the next one if there is none now; also
// on a device that has failed meanwhile, which interrupts no more. A control call.
func (d *Device) Wake(queue int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.atLeast("Wake", Running); err != nil {
		return err
	}
	if err := d.exists("Wake", queue, len(d.made.rx)); err != nil {
		return err
	}
	if d.info.Load().Features&Interrupts == 0 {
		return d.errorf(ErrUnsupported, "Wake: the device has no interrupts; nobody waits")
	}
	if q := d.made.rx[queue]; q != nil { // of a device that Close has left half-way, it may be
		q.q.Wake()
	}
	return nil
}

// waitable finds a receive queue to wait for.
func (d *Device) waitable(call string, queue int) (*rxSide, error) {
	q, err := d.interruptible(call, queue)
	if err == nil && q.event != nil {
		err = d.errorf(ErrConfig, "%s: queue %d has an event callback; use one or the other", call, queue)
	}
	return q, err
}

// wait is what all waits do.
func (d *Device) wait(q *rxSide) error {
	q.q.Wait()
	if q.closed.Load() {
		return d.require("Wait", Running)
	}
	return nil
}

// interruptible finds a receive queue of a running device with interrupts.
func (d *Device) interruptible(call string, queue int) (*rxSide, error) {
	l := d.live.Load()
	for ; l == nil; l = d.live.Load() {
		if err := d.require(call, Running); err != nil {
			return nil, err
		}
	}
	if err := d.exists(call, queue, len(l.rx)); err != nil {
		return nil, err
	}
	if d.info.Load().Features&Interrupts == 0 {
		return nil, d.errorf(ErrUnsupported, "%s: the device has no interrupts; poll it", call)
	}
	return l.rx[queue], nil
}

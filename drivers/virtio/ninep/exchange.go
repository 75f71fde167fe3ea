package ninep

import (
	"fmt"
	"runtime"
	"time"

	"yolk/drivers/virtio"
	"yolk/kernel/posix/ninep"
)

// Exchange implements ninep.Channel.
func (d *Device) Exchange(shown *ninep.Slot, n, w, r int) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.all[shown.Tag]
	if err := d.add(s, n, w, r); err != nil {
		return 0, err
	}
	d.tell()
	d.watch()
	for d.reap(); s.busy && d.err == nil; d.reap() {
		if d.waiting {
			d.mu.Unlock()
			<-s.wake
			d.mu.Lock()
		} else {
			d.await()
		}
	}
	d.appoint()
	if s.busy {
		return 0, d.err
	}
	return int(s.answer), nil
}

// Post implements ninep.Channel. The device hears of it with the next request, or
// within a second.
func (d *Device) Post(shown *ninep.Slot, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.all[shown.Tag]
	if d.add(s, n, 0, 0) != nil {
		return
	}
	s.forgotten, d.posted = true, true
	d.watch()
}

// add puts a request into the ring: there is a place for each slot's.
func (d *Device) add(s *slot, n, w, r int) error {
	if d.err != nil {
		return d.err
	}
	segs := append(d.segs[:0], virtio.Out(s.outAt, uint32(n)))
	if w > 0 {
		segs = append(segs, virtio.Out(s.dataAt, uint32(w)))
	}
	if r > 0 {
		segs = append(segs, virtio.In(s.inAt, ninep.HeadSize), virtio.In(s.dataAt, uint32(r)))
	} else {
		segs = append(segs, virtio.In(s.inAt, ninep.SmallSize))
	}
	if !d.q.AddChain(segs, s) {
		err := d.q.Err()
		if err == nil {
			err = fmt.Errorf("%w: no place for a request", virtio.ErrRing)
		}
		d.fail(err)
		return err
	}
	s.busy, s.forgotten, s.ticks = true, false, 0
	return nil
}

// tell shows the device what was added.
func (d *Device) tell() {
	d.posted = false
	if d.q.Publish() {
		d.t.Notify(queueRequests)
	}
}

// reap takes answers, and wakes who waits for them.
func (d *Device) reap() {
	for i, s := range d.done[:d.q.Used(d.done[:], d.written[:])] {
		s.busy, s.answer = false, d.written[i]
		if s.forgotten {
			d.give(s)
		} else {
			s.signal()
		}
	}
	if err := d.q.Err(); err != nil && d.err == nil {
		d.fail(err)
	}
}

// signal has the slot's goroutine look again.
func (s *slot) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// await waits until there may be an answer. The lock is free meanwhile.
func (d *Device) await() {
	if d.irq != nil && d.q.EnableInterrupt() {
		return // there is one
	}
	d.waiting = true
	d.mu.Unlock()
	if d.irq != nil {
		d.irq.Wait(queueRequests)
	} else {
		runtime.Gosched()
	}
	d.mu.Lock()
	d.waiting = false
	d.q.DisableInterrupt()
}

// appoint has another goroutine wait for the interrupt, if none does.
func (d *Device) appoint() {
	if d.waiting {
		return
	}
	for _, s := range d.all[:d.made] {
		if s.busy && !s.forgotten {
			s.signal()
			return
		}
	}
	d.room.Signal()
}

// limit is how many seconds an answer may take: the host's disk may be slow.
const limit = 60

// watch has a goroutine look at the device once a second while requests are under way.
func (d *Device) watch() {
	if !d.watched {
		d.watched = true
		go d.look()
	}
}

func (d *Device) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.err == nil && d.q.InFlight() > 0 {
		d.mu.Unlock()
		time.Sleep(time.Second)
		d.mu.Lock()
		if d.err != nil {
			break
		}
		if d.posted {
			d.tell()
		}
		d.reap()
		d.check()
	}
	d.watched = false
}

// check ends a device that has gone, has failed, or does not answer. Seconds are counted
// and not compared: a machine that was stopped meanwhile counts one.
func (d *Device) check() {
	switch s := d.t.Status(); {
	case s == virtio.StatusGone:
		d.fail(ErrGone)
		return
	case s&virtio.StatusNeedsReset != 0:
		d.fail(ErrReset)
		return
	}
	if d.q.InFlight() == 0 {
		return
	}
	for _, s := range d.all[:d.made] {
		if !s.busy {
			continue
		}
		if s.ticks++; s.ticks > limit {
			d.fail(ErrTimeout)
			return
		}
	}
}

// fail ends all requests, now and later.
func (d *Device) fail(err error) {
	if d.err != nil {
		return
	}
	if d.err = err; d.Ended != nil {
		d.Ended(err)
	}
	d.t.Reset() // or let it write where it was told to: that memory is not used again
	for _, s := range d.all[:d.made] {
		s.signal()
	}
	d.room.Broadcast()
	if d.waiting && d.irq != nil {
		d.irq.Wake(queueRequests)
	}
}

// Err returns why the device has ended, nil as long as it has not.
func (d *Device) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

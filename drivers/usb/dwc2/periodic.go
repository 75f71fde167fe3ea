package dwc2

import (
	"time"

	"yolk/drivers/usb"
)

const microframe = 125 * time.Microsecond

// interval returns how long after one request of an interrupt endpoint the next may
// come. (USB 2.0 9.6.6, bInterval: frames, or a power of two of microframes.) A device may
// be asked less often than it would like, and here is by less than a millisecond.
func (p *pipe) interval() time.Duration {
	e := p.usb.Endpoint()
	if p.usb.Device().Speed() == usb.High {
		return max(time.Millisecond, microframe<<(min(e.Interval, 16)-1))
	}
	return time.Duration(e.Interval) * time.Millisecond
}

// restUntil keeps an interrupt endpoint from being asked again at once.
func (p *pipe) restUntil(now time.Time) {
	if p.periodic() {
		p.wakeAt = now.Add(p.interval())
	}
}

// rest gives the channel back and has its pipe go on after a time.
func (c *Controller) rest(ch *channel, d time.Duration) {
	p := ch.pipe
	p.wakeAt = time.Now().Add(d)
	c.sleep(p)
	ch.release()
}

// sleep has the pipe go on when its time has come.
func (c *Controller) sleep(p *pipe) {
	c.asleep.add(p)
	c.wakeAt(p.wakeAt)
}

// wakeAt has Service called at a time, or earlier.
func (c *Controller) wakeAt(t time.Time) {
	if !c.ringing.IsZero() && !t.Before(c.ringing) {
		return
	}
	c.ringing = t
	c.alarm.Reset(time.Until(t))
}

// due begins what has slept long enough, gives up on channels that do not halt, and sets
// the alarm for the next of either.
func (c *Controller) due(now time.Time) {
	if c.ringing.IsZero() || now.Before(c.ringing) {
		return
	}
	c.ringing = time.Time{}
	for p := c.asleep.head; p != nil; {
		next := p.next
		if now.Before(p.wakeAt) {
			c.wakeAt(p.wakeAt)
		} else {
			c.asleep.remove(p)
			c.request(p)
		}
		p = next
	}
	for i := range c.channels {
		ch := &c.channels[i]
		switch limit := ch.halting.Add(haltLimit); {
		case ch.halting.IsZero():
		case now.Before(limit):
			c.wakeAt(limit)
		default: // it stays out of use while it is enabled
			c.counters.stuck.Add(1)
			ch.stuck = true
			c.finish(ch, usb.ErrCanceled)
		}
	}
}

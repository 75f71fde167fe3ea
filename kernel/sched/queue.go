package sched

import (
	"yolk/arch"
	"yolk/kernel/abi/assert"
	"yolk/kernel/clock"
	"yolk/kernel/klog"
	"yolk/kernel/smp"
)

// queueOf returns the CPU on whose run queue t is.
func queueOf(t *Thread) *cpu { return &cpus[t.home] }

// check asserts what c's run queue is between two changes.
func (c *cpu) check() {
	n, last := uint32(0), uintptr(0)
	for a := c.head; a != 0; a = thread(a).link {
		klog.Assert(thread(a).State == Ready && queueOf(thread(a)) == c)
		last = a
		n++
	}
	klog.Assert(n == c.waiting)
	klog.Assert(n == 0 || last == c.tail)
}

// push puts t on c's run queue, at its head when first.
func (c *cpu) push(t *Thread, first bool) {
	t.State, t.link, t.readyAt = Ready, 0, clock.Now()
	switch {
	case c.head == 0:
		c.head, c.tail = t.addr(), t.addr()
	case first:
		t.link, c.head = c.head, t.addr()
	default:
		thread(c.tail).link = t.addr()
		c.tail = t.addr()
	}
	c.resched = c.resched || first
	c.waiting++
	if assert.On {
		c.check()
	}
}

// pop takes the first thread off c's queue, which is not empty.
func (c *cpu) pop() *Thread {
	t := thread(c.head)
	c.head = t.link
	c.waiting--
	if assert.On {
		c.check()
	}
	return t
}

// remove takes t off c's queue.
func (c *cpu) remove(t *Thread) {
	before := uintptr(0)
	for p := &c.head; *p != t.addr(); p = &thread(*p).link {
		if assert.On {
			klog.Assert(*p != 0)
		}
		before = *p
	}
	if before == 0 {
		c.head = t.link
	} else {
		thread(before).link = t.link
	}
	if c.tail == t.addr() {
		c.tail = before
	}
	c.waiting--
	if assert.On {
		c.check()
	}
}

// next takes a thread for c, which is this CPU, from its own queue or, when
// that is empty, from another's. It returns nil when there is none.
func (c *cpu) next() *Thread {
	if c.head != 0 {
		return c.pop()
	}
	me := uint32(arch.This().ID)
	n := uint32(smp.Count())
	for i := uint32(1); i < n; i++ {
		other := &cpus[(me+i)%n]
		for a := other.head; a != 0; a = thread(a).link {
			if t := thread(a); t.may(me) {
				other.remove(t)
				return t
			}
		}
	}
	return nil
}

// nextDeadline is that of c's first sleeper, or the alarm's; 0 for none.
func (c *cpu) nextDeadline() uint64 {
	next := uint64(0)
	if c.sleepers != 0 {
		next = thread(c.sleepers).deadline
	}
	if c == &cpus[0] && alarm.at != 0 && (next == 0 || alarm.at < next) {
		next = alarm.at
	}
	return next
}

// expire wakes every thread of c whose deadline has passed.
func (c *cpu) expire() {
	if c.sleepers == 0 {
		return
	}
	for now := clock.Now(); c.sleepers != 0 && thread(c.sleepers).deadline <= now; {
		t := thread(c.sleepers)
		result := uint64(resOK)
		if t.State == Futex {
			result = resTIMEDOUT
		}
		wake(t, result, true)
	}
}

// sleep puts t on the sleep queue of its home, which is this CPU.
func sleep(t *Thread) {
	if assert.On {
		klog.Assert(mu.Held() && t.deadline != 0 && queueOf(t) == this())
	}
	p := &cpus[t.home].sleepers
	for *p != 0 && thread(*p).deadline <= t.deadline {
		p = &thread(*p).timer
	}
	t.timer = *p
	*p = t.addr()
}

// unsleep takes t off the sleep queue of its home.
func unsleep(t *Thread) {
	p := &cpus[t.home].sleepers
	for *p != t.addr() {
		if assert.On {
			klog.Assert(*p != 0)
		}
		p = &thread(*p).timer
	}
	*p = t.timer
	t.deadline = 0
}

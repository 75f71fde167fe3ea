package main

import (
	"container/heap"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// tick is what each look at the clock costs, so that no two things happen at once.
const tick = 200 * time.Nanosecond

// A clock is the time of stacks and networks: it passes when nobody has anything to do.
type clock struct {
	now    time.Duration
	set    int // timers, ever
	timers timers
}

// Now implements tcpip.Clock.
func (c *clock) Now() time.Time { return time.Unix(0, int64(c.now)) }

// NowMonotonic implements tcpip.Clock.
func (c *clock) NowMonotonic() tcpip.MonotonicTime {
	c.now += tick
	return tcpip.MonotonicTime{}.Add(c.now)
}

// AfterFunc implements tcpip.Clock.
func (c *clock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &timer{clock: c, f: f, index: -1}
	t.Reset(d)
	return t
}

// pass goes on to the next timer and starts what it is for. It reports whether there is
// one.
func (c *clock) pass() bool {
	if len(c.timers) == 0 {
		return false
	}
	t := heap.Pop(&c.timers).(*timer)
	c.now = max(c.now, t.at)
	go t.f()
	return true
}

type timer struct {
	clock *clock
	f     func()
	at    time.Duration
	order int // of two at the same time
	index int // among the clock's, -1 when it is not set
}

// Stop implements tcpip.Timer.
func (t *timer) Stop() bool {
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.index)
	return true
}

// Reset implements tcpip.Timer.
func (t *timer) Reset(d time.Duration) {
	t.Stop()
	t.clock.set++
	t.at, t.order = t.clock.now+max(d, 0), t.clock.set
	heap.Push(&t.clock.timers, t)
}

// timers are a heap, the next first.
type timers []*timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].order < t[j].order
}
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}
func (t *timers) Push(x any) {
	x.(*timer).index = len(*t)
	*t = append(*t, x.(*timer))
}
func (t *timers) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	x.index = -1
	*t = (*t)[:last]
	return x
}

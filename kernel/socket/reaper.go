package socket

import (
	"cmp"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"yolk/kernel/netmem"
)

// memoryShare is what part of the memory that the program may use is for connections.
const memoryShare = 2

// When memory is short, connections that have not moved on for a second are ended;
// when there is none for new ones, for half of that, so that who had to wait gets in
// when it tries again (TCP does after 0.2 and 0.6 s), and those whose peers have not
// read for a tenth. Who has been answered before and waits for the next answer has more time: it
// is the program's turn. Half-open ones are ended after three seconds, in which the handshake has
// been repeated once, whether that is needed or not: there are too many. The sweeps
// are sweepEvery apart. Each ends what the budget needs and, if it is the program's
// heap that is short, one in heapSweep. What that gives is known only when the
// collector has run, which is seen to: a program without connections allocates nothing.
const (
	idleLong   = time.Second
	spentLong  = 500 * time.Millisecond
	stallLong  = 100 * time.Millisecond
	halfLong   = 3 * time.Second
	owedLong   = 5 * time.Second
	sweepEvery = 20 * time.Millisecond
	heapSweep  = 16

	collectEvery = time.Second
)

// A reaper ends idle connections while memory is short. It sleeps otherwise, without
// a goroutine.
type reaper struct {
	running atomic.Bool
	again   atomic.Bool   // memory was short since the last sweep began
	ended   atomic.Uint64 // connections
}

// budget sets the stack's share of the memory that the program may use.
func (s *Stack) budget() {
	free := heapFree(s.memory())
	netmem.SetLimit(int64(free/memoryShare), s.press, heapShort)
}

// press is called when a connection had to wait for memory, with locks held.
func (s *Stack) press() {
	s.reaper.again.Store(true)
	if s.reaper.running.CompareAndSwap(false, true) {
		s.arm(true)
		go s.reap()
	}
}

// reap sweeps while memory is short.
func (s *Stack) reap() {
	refused, collected := netmem.Snapshot().Refused, time.Now()
	for s.reaper.again.Swap(false) {
		before := refused
		refused = netmem.Snapshot().Refused
		s.sweep(refused != before)
		if heapShort() && time.Since(collected) > collectEvery {
			runtime.GC() // nobody else may have reason to
			collected = time.Now()
		}
		time.Sleep(sweepEvery)
	}
	s.arm(false)
	s.reaper.running.Store(false)
	if s.reaper.again.Load() {
		s.press() // it came in between
	}
}

// idler is a connection of the stack that images have (boot/overlay); that of tests
// is none.
type idler interface {
	Idle() (idle time.Duration, held, how int, ok bool)
	Abort()
}

// How a connection is idle, as boot/overlay/files/endpoint_gvisor.go.txt has it.
const (
	silent = iota
	stalled
	halfOpen
	owed
)

// candidate is a connection that may be ended. The one goes first that has kept the
// most for the longest: a peer that does not read before one that is only silent.
type candidate struct {
	idler
	cost float64 // bytes times seconds
}

// sweep ends connections that have been half open for long, and idle ones until memory
// is not short any more; spent tells that new ones had to wait.
func (s *Stack) sweep(spent bool) {
	endpoints := s.net.RegisteredEndpoints()
	all := make([]idler, 0, len(endpoints))
	for _, e := range endpoints {
		if c, ok := e.(idler); ok {
			all = append(all, c)
		}
	}
	need := 0
	if heapShort() {
		need = len(all)/heapSweep + 1
	}
	s.reaper.ended.Add(uint64(end(all, spent, need)))
}

// end ends connections, at least need of the idle ones if there are so many, and
// returns how many.
func end(all []idler, spent bool, need int) (ended int) {
	var idle []candidate
	for _, c := range all {
		since, held, how, ok := c.Idle()
		switch {
		case !ok:
		case how == halfOpen:
			if since >= halfLong {
				c.Abort()
				ended++
			}
		case how == owed && since < owedLong:
		case since >= idleLong, spent && since >= spentLong, spent && how == stalled && since >= stallLong:
			cost := float64(held+netmem.Connection+netmem.Socket) * since.Seconds()
			idle = append(idle, candidate{c, cost})
		}
	}
	slices.SortFunc(idle, func(a, b candidate) int { return cmp.Compare(b.cost, a.cost) })
	for i, c := range idle {
		if i >= need && netmem.Excess(spent) == 0 {
			break
		}
		c.Abort()
		ended++
	}
	return ended
}

package socket

import (
	"cmp"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"yolk/kernel/posix/netmem"
)

// memoryShare is what part of the memory that the program may use is for connections.
const memoryShare = 2

// When memory is short, connections are ended that have not moved on for a while: a
// second at first, the less the fewer new ones there is room for, so that who comes
// gets in at once and who said nothing for the longest pays for it. Who has been
// answered has that second in any case, and more while it waits for the next answer:
// it is the program's turn. Half-open ones are ended after three seconds, in which the
// handshake has been repeated once, whether that is needed or not: there are too many.
//
// A first request that is being worked on looks like one of which half was sent, so a
// program that does not get around to its work, for want of a processor, is given the
// time of as many turns as a request takes. A peer that does not read is waited for by
// the program, and not the other way: it gets one turn, in which its word may be read.
const (
	idleLong  = time.Second
	idleShort = 200 * time.Millisecond
	idleFull  = 50 * time.Millisecond // of a peer that does not read
	halfLong  = 3 * time.Second
	owedLong  = 5 * time.Second
	turns     = 4

	sweepEvery = 20 * time.Millisecond
	// A listener that sends cookies does so for three seconds without asking for memory,
	// and its SYNs are answered from the frame meanwhile: the guards stay a little longer.
	// There is less to sweep then.
	calm      = 4 * time.Second / sweepEvery // of turns
	calmEvery = 10
	// The budget follows the heap, with time between for what was ended to be given
	// back. How the heap is, is known when the collector has run, which is seen to: a
	// program without connections allocates nothing.
	adaptEvery   = 200 * time.Millisecond
	collectEvery = 500 * time.Millisecond
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
	netmem.SetBudget(int64(free/memoryShare), s.press, &netmem.Heap{Short: heapShort, Kept: left})
}

// press is called when memory is short for a new connection, with locks held.
func (s *Stack) press() {
	s.reaper.again.Store(true)
	if s.reaper.running.CompareAndSwap(false, true) {
		s.arm(true)
		go s.reap()
	}
}

// reap sweeps while memory is short, and until the limit is the budget again unless
// nobody asks and it is the program that keeps so much.
func (s *Stack) reap() {
	whole, seen, adapted := true, collections(), time.Now()
	behind := time.Duration(0)
	for turn := 0; turn < int(calm) || !whole && !heapShort(); turn++ {
		if s.reaper.again.Swap(false) {
			turn = 0
		}
		if turn%calmEvery == 0 {
			s.sweep(behind)
		}
		switch passed := time.Since(adapted); {
		case passed > adaptEvery && seen != collections():
			whole, seen, adapted = netmem.Collected(), collections(), time.Now()
		case passed > collectEvery && (heapShort() || !whole):
			adapted = time.Now()
			go runtime.GC() // it takes long where others compute
		}
		behind = max(queued(), behind*7/8)
		time.Sleep(sweepEvery)
	}
	s.arm(false)
	s.reaper.running.Store(false)
	if s.reaper.again.Load() {
		s.press() // it came in between
	}
}

// queued waits for a turn, and returns for how long. Who wakes up from sleep gets one at
// once, before all that could run.
func queued() time.Duration {
	began := time.Now()
	runtime.Gosched()
	return time.Since(began)
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
	answered
)

// candidate is a connection that may be ended. The one goes first that has kept the
// most for the longest: a peer that does not read before one that is only silent.
type candidate struct {
	idler
	cost float64 // bytes times seconds
}

// sweep ends connections that have been half open for long, and idle ones until memory
// is not short any more. behind is how long a goroutine waits for its turn.
func (s *Stack) sweep(behind time.Duration) {
	endpoints := s.net.RegisteredEndpoints()
	all := make([]idler, 0, len(endpoints))
	for _, e := range endpoints {
		if c, ok := e.(idler); ok {
			all = append(all, c)
		}
	}
	s.reaper.ended.Add(uint64(end(all, behind)))
}

// end ends connections and returns how many.
func end(all []idler, behind time.Duration) (ended int) {
	room := time.Duration(netmem.Spare() * float64(idleLong))
	patience := [...]time.Duration{
		silent:   max(room, min(idleShort+turns*behind, idleLong)),
		stalled:  max(room, min(idleFull+behind, idleLong)),
		halfOpen: halfLong, owed: owedLong, answered: idleLong,
	}
	var idle []candidate
	for _, c := range all {
		since, held, how, ok := c.Idle()
		switch {
		case !ok || since < patience[how]:
		case how == halfOpen:
			c.Abort()
			ended++
		default:
			cost := float64(held+netmem.Connection+netmem.Socket) * since.Seconds()
			idle = append(idle, candidate{c, cost})
		}
	}
	slices.SortFunc(idle, func(a, b candidate) int { return cmp.Compare(b.cost, a.cost) })
	for _, c := range idle {
		if netmem.Excess() == 0 {
			break
		}
		c.Abort()
		ended++
	}
	return ended
}

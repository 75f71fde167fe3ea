// Package relay makes bad networks, for tests: cables that lose, reorder,
// duplicate, corrupt, delay and cut what crosses them, out of the wrappers of
// package wrap. Neither privileges nor the help of the host's kernel are needed:
//
//	device or Host - Cable - device or Host             in one process
//	device or Host - Cable - Plug - stream - QEMU       a guest at the other end
//	QEMU - stream - Plug - Cable - Plug - stream - QEMU two guests
//
// A Host is a network stack at a cable's end; package transfer moves bytes
// between two such and checks them.
//
// It may import netdev and its packages, and gVisor's stack.
package relay

import (
	"time"

	"yolk/netdev"
	"yolk/netdev/pipe"
	"yolk/netdev/wrap"
)

// Wrapper is what package wrap has.
type Wrapper = func(netdev.Driver) netdev.Driver

// An Impairment is one way in which a network is bad.
type Impairment struct {
	Name string
	// both are put on each end of a cable, where packets arrive; one, which works
	// both ways, on one.
	both func(seed uint64) []Wrapper
	one  Wrapper
}

// Impairments are what a network has in store for a transfer of so many bytes each
// way, first one that is good. A wire that is cut is so some two times, for 1.2 s
// each: longer than a retransmission timer starts with.
func Impairments(bytes int) []Impairment {
	loss := func(seed uint64) Wrapper { return wrap.Loss(seed, 0.01, 0) }
	reorder := func(seed uint64) Wrapper {
		return wrap.Delay(seed, 0.05, time.Millisecond, 3*time.Millisecond)
	}
	duplicate := func(seed uint64) Wrapper { return wrap.Duplicate(seed, 0.01) }
	corrupt := func(seed uint64) Wrapper { return wrap.Corrupt(seed, 0.001) }
	delay := func(seed uint64) Wrapper {
		return wrap.Delay(seed, 1, 10*time.Millisecond, 12*time.Millisecond)
	}
	return []Impairment{
		{Name: "none"},
		{Name: "loss of 1 %", both: some(loss)},
		{Name: "5 % reordered", both: some(reorder)},
		{Name: "1 % duplicated", both: some(duplicate)},
		{Name: "0.1 % corrupted", both: some(corrupt)},
		{Name: "delay of 10 to 12 ms", both: some(delay)},
		{Name: "blackouts", one: wrap.Blackout(max(bytes/1000, 1), 1200*time.Millisecond)},
		{Name: "half of everything", both: some(
			func(seed uint64) Wrapper { return wrap.Loss(seed, 0.005, 0) },
			func(seed uint64) Wrapper { return wrap.Duplicate(seed, 0.005) },
			func(seed uint64) Wrapper { return wrap.Corrupt(seed, 0.0005) },
			func(seed uint64) Wrapper { return wrap.Delay(seed, 0.025, 0, 2*time.Millisecond) },
		)},
	}
}

// Cable returns the two ends of a cable with the impairment, unprobed. The same
// packets meet the same fate for the same seed; their times are the clock's.
func (i Impairment) Cable(seed uint64) (a, b netdev.Driver) {
	x, y := pipe.New()
	a, b = x, y
	if i.both != nil {
		a, b = apply(a, i.both(2*seed)), apply(b, i.both(2*seed+1))
	}
	if i.one != nil {
		a = i.one(a)
	}
	return a, b
}

func apply(d netdev.Driver, wrappers []Wrapper) netdev.Driver {
	for _, w := range wrappers {
		d = w(d)
	}
	return d
}

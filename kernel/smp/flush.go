package smp

import (
	"math/bits"
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/abi"
)

// A request says what a flush is for, in one word that is never seen half written: the
// number of the first page, how many pages (0: all there are), and the flush's own number.
type request uint64

const (
	pageShift   = 12
	countBits   = 5
	numberBits  = 24
	few         = 1<<countBits - 1 // pages; for more, to drop all is cheaper
	fewRequests = 4                // of those it has missed that a processor looks at
)

// newRequest is what flush number is for. A part of the number is enough to tell it from
// those that were in its place before.
func newRequest(start, end uintptr, number uint64) request {
	pages := uint64(end-start) >> pageShift
	if pages > few {
		pages = 0
	}
	return request(uint64(start)>>pageShift<<(countBits+numberBits) | pages<<numberBits | number&(1<<numberBits-1))
}

// is reports whether r is of a flush with that number.
func (r request) is(number uint64) bool { return (uint64(r)^number)&(1<<numberBits-1) == 0 }

// Flush makes every other processor forget its translations of [start, end), which are
// whole pages and which the caller has dropped, and returns when they have. Several
// processors may call it at once, with interrupts off and no lock held: who is asked by
// all of them drops what they want in one go.
func Flush(start, end uintptr) {
	n := Count()
	if arch.BroadcastTLB || n == 1 {
		return
	}
	// What the caller changed in the tables is before the number, which others look at.
	number := atomic.AddUint64(&s.generation, 1)
	atomic.StoreUint64((*uint64)(at(number)), uint64(newRequest(start, end, number)))
	if own := &s.cpu[arch.This().ID].done; atomic.LoadUint64(own) == number-1 {
		atomic.StoreUint64(own, number)
	}
	for asked := interrupt(n); asked != 0; asked &= asked - 1 {
		i := bits.TrailingZeros64(asked)
		for c := &s.cpu[i]; atomic.LoadUint64(&c.done) < number && atomic.LoadUint32(&c.idle) == 0 && !flushLater(i); {
			Relax() // it may wait for this processor as well
		}
	}
}

// at is the place of a flush's request.
func at(number uint64) *request { return &s.requests[number%uint64(len(s.requests))] }

// interrupt interrupts the other processors for a flush and returns those that will make
// it, a bit each. One that is halted, or that the host does not run, drops its
// translations before it goes on: it is not interrupted, so that to wait for it may
// take for ever, even when it runs a moment later.
func interrupt(n int) (asked uint64) {
	me := int(arch.This().ID)
	for i := range n {
		if c := &s.cpu[i]; i != me && atomic.LoadUint32(&c.idle) == 0 && !flushLater(i) {
			send(c.hw)
			asked |= 1 << i
		}
	}
	return asked
}

const _ = uint(64 - abi.MaxCPUs) // a bit for each

// serve makes the flushes that other processors ask this one for, and reports whether
// there were any. It halts when the machine is being stopped.
func serve() bool {
	if Count() == 1 {
		return false
	}
	if atomic.LoadUint32(&s.stopping) != 0 {
		Halt()
	}
	c := &s.cpu[arch.This().ID]
	last := atomic.LoadUint64(&s.generation)
	if last == c.done || atomic.LoadUint32(&c.idle) != 0 {
		return false // nobody waits for one that is idle: Busy drops all
	}
	drop(c.done+1, last)
	atomic.StoreUint64(&c.done, last)
	return true
}

// drop drops the calling processor's translations that the flushes from first to last are for.
func drop(first, last uint64) {
	if last-first >= fewRequests {
		arch.FlushTLB()
		return
	}
	for ; first <= last; first++ {
		r := request(atomic.LoadUint64((*uint64)(at(first))))
		pages := uintptr(r>>numberBits) & few
		if pages == 0 || !r.is(first) { // many, not written yet, or another's by now
			arch.FlushTLB()
			return
		}
		start := uintptr(r>>(countBits+numberBits)) << pageShift
		for va := start; va < start+pages<<pageShift; va += 1 << pageShift {
			arch.InvalidatePage(va)
		}
	}
}

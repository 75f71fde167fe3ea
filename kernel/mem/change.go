package mem

import (
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/abi/assert"
	"yolk/kernel/klog"
	"yolk/kernel/smp"
)

// A change of the address space drops translations on the other processors, which takes
// as long as the slowest of them: a hypervisor may not be running it at all. m.lock is
// free meanwhile, so that the others go on to serve page faults, to check addresses, and
// to change what is elsewhere. Only changes of the same addresses wait for each other.

// A change is one under way: from begin to end it keeps later ones from its addresses.
type change struct {
	ticket     uint64 // the order in which they began; 0: none is under way
	start, end uint64
}

// begin is for what changes [va, va+n), which may be nonsense: it takes m.lock, and until
// end no other processor changes that, also while flush lets go of the lock. What finds
// its addresses out by itself changes all, [0, userEnd). What maps where nothing is flushes
// nothing, and has page 0, where nothing ever is: it is kept away by changes of all only.
func (m *state) begin(va, n uint64) {
	m.lock.Lock()
	c := &m.changes[arch.This().ID]
	if assert.On {
		klog.Assert(c.ticket == 0)
	}
	m.tickets++
	*c = change{m.tickets, 0, userEnd}
	if within(va, n) {
		c.start, c.end = va&^(PageSize-1), (va+n+PageSize-1)&^(PageSize-1)
	}
	for m.other(c.start, c.end, c.ticket) != nil {
		ended := m.ended
		m.lock.Unlock()
		for atomic.LoadUint64(&m.ended) == ended {
			smp.Relax()
		}
		m.lock.Lock()
	}
}

// other returns a change of [start, end) that another processor began before a ticket, or nil.
func (m *state) other(start, end, ticket uint64) *change {
	for i := range smp.Count() {
		c := &m.changes[i]
		if c.ticket != 0 && c.ticket < ticket && c.start < end && start < c.end && uintptr(i) != arch.This().ID {
			return c
		}
	}
	return nil
}

// end ends a change.
func (m *state) end() {
	m.changes[arch.This().ID].ticket = 0
	atomic.StoreUint64(&m.ended, m.ended+1)
	m.buryOrphans()
	m.lock.Unlock()
}

// buryOrphans frees what regions that are gone were the last to show, unless a processor
// may have translations that it has not been told to drop.
func (m *state) buryOrphans() {
	if m.orphans == 0 {
		return
	}
	for i := range smp.Count() {
		if m.changes[i].ticket != 0 {
			return // the last one to end does it
		}
	}
	objects.bury()
}

// flush makes the other processors forget what is in s. It is between begin and end.
func (m *state) flush(s span) {
	if assert.On {
		klog.Assert(m.lock.Held() && m.changes[arch.This().ID].ticket != 0)
	}
	if arch.BroadcastTLB || s.end == 0 {
		return
	}
	m.lock.Unlock()
	smp.Flush(uintptr(s.start), uintptr(s.end))
	m.lock.Lock()
}

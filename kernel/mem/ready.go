package mem

import (
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/smp"
)

// Where there are several processors, each has a frame ready that is zeroed already, for
// its next page fault: to clear one takes longer than all else that a fault does, and the
// others would wait for m.lock meanwhile.

// readyFrame is frame for a page fault. Only the processor itself writes what it has
// ready, so that loads and stores do; others, on arm64, would look in BSS for whether the
// processor has them, and that may be the page that is to be populated.
func (m *state) readyFrame() (uint64, bool) {
	own := m.own()
	pa := atomic.LoadUint64(own)
	if pa == 0 {
		return frame()
	}
	atomic.StoreUint64(own, 0)
	return pa, true
}

// own is where the calling processor's frame is, or 0.
func (m *state) own() *uint64 { return &m.ready[arch.This().ID] }

// restock takes a frame for prepare to clear when m.lock is free, or 0: none is wanted, or
// memory is short.
func (m *state) restock() uint64 {
	if smp.Count() == 1 || atomic.LoadUint64(m.own()) != 0 || m.frames.left() < m.low {
		return 0
	}
	pa, _ := m.frames.frame()
	return pa
}

// prepare makes what restock took the calling processor's.
func prepare(pa uint64) {
	if pa != 0 {
		zero(pa)
		atomic.StoreUint64(m.own(), pa)
	}
}

// prepared is how many bytes the processors have ready. They count as free.
func (m *state) prepared() (bytes uint64) {
	for i := range smp.Count() {
		if atomic.LoadUint64(&m.ready[i]) != 0 {
			bytes += PageSize
		}
	}
	return bytes
}

package mem

import (
	"yolk/arch"
	"yolk/kernel/abi/assert"
	"yolk/kernel/klog"
)

func (m *state) fault(va uintptr, code uint64) FaultResult {
	if assert.On {
		klog.Assert(m.lock.Held())
	}
	r := m.regions.lookup(uint64(va))
	if r == nil || r.prot == ProtNone ||
		code&arch.FaultWrite != 0 && r.prot&ProtWrite == 0 ||
		code&arch.FaultFetch != 0 && r.prot&ProtExec == 0 {
		return FaultBad
	}
	e := walk(va, 12, false)
	if e == nil {
		switch {
		case large(va) != nil: // populated by another processor
			return FaultServed
		case m.grows(r, uint64(va)):
			return faultLarge
		}
		if e = walk(va, 12, true); e == nil {
			return FaultNoMem
		}
	}
	if r.object != 0 && *e&parked == 0 {
		return objects.fault(r, e, va, code)
	}
	switch {
	case *e&arch.PTEPresent != 0:
		// Another CPU populated it, or the processor used an old translation.
		*e = *e&arch.PTEAddr | r.prot.bits()
		arch.InvalidatePage(va)
		return FaultServed
	case *e&parked != 0:
		*e = *e&arch.PTEAddr | r.prot.bits()
		return FaultServed
	case *e&leaving != 0:
		return faultWait
	}
	pa, ok := m.readyFrame()
	if !ok {
		return FaultNoMem
	}
	if assert.On {
		klog.Assert(pa%PageSize == 0 && *e&arch.PTEAddr == 0)
	}
	show(e, pa|r.prot.bits())
	m.faults++
	if m.frames.left() < m.low {
		return FaultShort
	}
	return FaultServed
}

func (m *state) populated(va uint64) bool {
	r := m.regions.lookup(va)
	if r == nil {
		return false
	}
	if e := walk(uintptr(va), 12, false); e != nil && *e&arch.PTEPresent != 0 || large(uintptr(va)) != nil {
		return true
	}
	return r.object != 0 && objects.has(r.object, r.after(va-r.start).first)
}

func (m *state) regionEnd(va uint64) uint64 {
	r := m.regions.lookup(va)
	if r == nil || r.prot == ProtNone {
		return 0
	}
	if r.object == 0 {
		return r.end
	}
	end := min(r.end, r.start+(max(r.object.pages(), r.first)-r.first)*PageSize)
	if end <= va {
		return 0 // beyond the file
	}
	return end
}

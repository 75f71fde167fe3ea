package clock

import (
	"sync/atomic"
	"unsafe"

	"yolk/arch/amd64"
)

// KVM's clock (Linux documentation, virt/kvm/x86/msr.rst): registers that are given
// the physical address of memory which KVM then writes.
const (
	msrWallClock  = 0x4b564d00 // a wallClock, written at once
	msrSystemTime = 0x4b564d01 // the processor's PVClock; bit 0 turns it on
)

// A pvPage is the memory that KVM writes: a frame of its own.
type pvPage struct {
	clocks [64]amd64.PVClock
	wall   struct{ version, seconds, nanoseconds uint32 } // when KVM's clock was 0
}

const _ = uint(4096 - unsafe.Sizeof(pvPage{}))

// paravirtual is the page in use, at a virtual address, 0 for none.
var paravirtual = struct {
	page  uintptr
	phys  uint64
	magic uint64 // keeps it in the data segment
}{magic: 1}

// page returns the page in use.
func page() *pvPage { return (*pvPage)(unsafe.Pointer(paravirtual.page)) }

// HasPVClock reports whether the machine has KVM's clock, for which UsePVClock
// wants a frame.
func HasPVClock() bool { return amd64.KVMFeatures()&amd64.KVMClock != 0 }

// UsePVClock makes Init take the time from KVM's clock, with a frame at physical
// address pa that stays its own.
func UsePVClock(pa uint64, va uintptr) {
	paravirtual.phys, paravirtual.page = pa, va
	*page() = pvPage{}
}

func underHypervisor() bool {
	_, _, c, _ := amd64.CPUID(1, 0)
	return c>>31 != 0
}

// startPVClock turns on the calling processor's clock, where KVM has one, and reports
// whether that runs.
func startPVClock() bool {
	if paravirtual.page == 0 {
		return false
	}
	id := amd64.This().ID
	c := &page().clocks[id]
	amd64.WriteMSR(msrSystemTime, paravirtual.phys+uint64(id)*uint64(unsafe.Sizeof(*c))|1)
	if version := atomic.LoadUint32(&c.Version); version == 0 || version&1 != 0 || c.Mul == 0 {
		paravirtual.page = 0
		return false
	}
	amd64.This().Clock = uintptr(unsafe.Pointer(c))
	return true
}

// pvHz is the rate of the counter of c's processor.
func pvHz(c *amd64.PVClock) uint64 {
	hz := uint64(1e9) << 32 / uint64(c.Mul)
	if c.Shift < 0 {
		return hz << -c.Shift
	}
	return hz >> c.Shift
}

// wasStopped reports once, on one processor or more, that the machine was stopped,
// perhaps moved or restored. The counter's rate may be another then.
func wasStopped() bool {
	if paravirtual.page == 0 {
		return false
	}
	c := &page().clocks[amd64.This().ID]
	if c.Flags&amd64.PVStopped == 0 {
		return false
	}
	c.Flags &^= amd64.PVStopped
	Hz = pvHz(c)
	return true
}

// readKVMWall is readWall by KVM's clock, whose two limits are the same.
func readKVMWall() (lo, hi uint64, ok bool) {
	w := &page().wall
	amd64.WriteMSR(msrWallClock, paravirtual.phys+uint64(unsafe.Offsetof(pvPage{}.wall)))
	ns := uint64(w.seconds)*1e9 + uint64(w.nanoseconds) + amd64.PVBase() + Now()
	return ns, ns, w.version != 0 && w.version&1 == 0 && w.seconds != 0
}

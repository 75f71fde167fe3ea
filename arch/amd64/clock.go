//go:build amd64

package amd64

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// ClockParams turn the time-stamp counter into nanoseconds.
type ClockParams struct {
	Base uint64 // TSC at boot
	Mult uint64 // nanoseconds for each tick, 32.32 fixed point
}

// clocks holds the parameters in use and room for the next: vdsoClock runs on
// any processor at any time and must see either. clockAt is the offset of those
// in use. The non-zero Base keeps them in the data segment.
var (
	clocks  = [2]ClockParams{{Base: 1}}
	clockAt uint64
)

const clockSize = 16

// Clock returns the parameters in use, which must not be changed.
func Clock() *ClockParams { return &clocks[atomic.LoadUint64(&clockAt)/clockSize] }

// SetClock puts p in use. One caller at a time, and not again before every
// reader of the parameters before the last has finished: the kernel does so at
// boot and once later.
func SetClock(p ClockParams) {
	next := clockSize - atomic.LoadUint64(&clockAt)
	clocks[next/clockSize] = p
	atomic.StoreUint64(&clockAt, next)
}

// Wall is the wall clock: since 1970 there are Offset nanoseconds more than since
// boot. From Due on, in nanoseconds since boot, vdsoClock asks the kernel instead.
// Readers and the writers, which are kernel code, use them atomically.
var Wall = WallClock{Due: ^uint64(0)}

// A WallClock is documented at Wall.
type WallClock struct{ Offset, Due uint64 }

// A PVClock is what KVM tells one processor of the time (Linux documentation,
// virt/kvm/x86/msr.rst, struct pvclock_vcpu_time_info):
//
//	offset 0        4         8      16           24    28     29     30
//	     | version | padding | TSC  | nanoseconds | mul | shift | flags | padding |
//
// While it is being changed the version is odd. KVM changes it only while the
// processor it is for is not executing the guest.
type PVClock struct {
	Version uint32
	_       uint32
	TSC     uint64 // when there were
	Time    uint64 // so many nanoseconds
	Mul     uint32 // nanoseconds for each 2^-Shift ticks, 0.32 fixed point
	Shift   int8
	Flags   uint8
	_       [2]uint8
}

// Flags of a PVClock.
const (
	PVStable  = 1 << 0 // all processors' say the same
	PVStopped = 1 << 1 // the machine was stopped; for the guest to clear
)

var _ [32]byte = [unsafe.Sizeof(PVClock{})]byte{}

// pvState is what reading a PVClock needs beside it. Stable is the flag PVStable
// where it can be believed, else 0; Last the latest time that was read on any
// processor while they disagreed; Base the time at boot. The non-zero Stable keeps
// it in the data segment.
type pvState struct{ Stable, Last, Base uint64 }

var pv = pvState{Stable: PVStable}

// UsePVClock makes Now and vdsoClock read the processors' PVClocks (CPU.Clock).
// believed tells whether KVM knows the flag PVStable. The boot processor calls it
// once, before the others run.
func UsePVClock(c *PVClock, believed bool) {
	if !believed {
		pv.Stable = 0
	}
	pv.Base = 0
	pv.Base = readPV(c)
	This().Clock = uintptr(unsafe.Pointer(c))
}

// PVBase returns the nanoseconds of KVM's clock at boot.
func PVBase() uint64 { return pv.Base }

// readPV returns the nanoseconds since boot that c tells to the processor it is
// for. While the processors' clocks disagree the result is never less than one
// that was returned before on any of them.
func readPV(c *PVClock) uint64

// pvNow is readPV of the processor that executes it, wherever the caller is moved.
func pvNow() uint64

// Now returns nanoseconds since boot. It is safe anywhere.
func Now() uint64 {
	if This().Clock != 0 {
		return pvNow()
	}
	c := Clock()
	hi, lo := bits.Mul64(TSC()-c.Base, c.Mult)
	return hi<<32 | lo>>32
}

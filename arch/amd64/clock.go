//go:build amd64

package amd64

import "sync/atomic"

// ClockParams turn the time-stamp counter into nanoseconds.
type ClockParams struct {
	Base uint64 // TSC at boot
	Mult uint64 // nanoseconds for each tick, 32.32 fixed point
	Wall uint64 // nanoseconds since 1970 at boot
}

// clocks holds the parameters in use and room for the next: vdsoClock runs on
// any processor at any time and must see either. clockAt is the offset of those
// in use. The non-zero Base keeps them in the data segment.
var (
	clocks  = [2]ClockParams{{Base: 1}}
	clockAt uint64
)

const clockSize = 24

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

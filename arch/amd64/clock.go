//go:build amd64

package amd64

// Clock is what vdsoClock computes with; kernel/clock fills it once. The
// non-zero Base keeps it in the data segment.
var Clock = ClockParams{Base: 1}

// ClockParams turn the time-stamp counter into nanoseconds.
type ClockParams struct {
	Base uint64 // TSC at boot
	Mult uint64 // nanoseconds for each tick, 32.32 fixed point
	Wall uint64 // nanoseconds since 1970 at boot
}

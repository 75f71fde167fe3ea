//go:build arm64

package arm64

import "math/bits"

// clock is what vdsoClock computes with. The non-zero Base keeps it in the data
// segment.
var clock = ClockParams{Base: 1}

// ClockParams turn the virtual counter into nanoseconds.
type ClockParams struct {
	Base uint64 // counter at boot
	Mult uint64 // nanoseconds for each tick, 32.32 fixed point
}

// Clock returns the parameters in use, which must not be changed.
func Clock() *ClockParams { return &clock }

// SetClock puts p in use. The counter's rate is stated and never corrected:
// this is called at boot only, before any other processor runs.
func SetClock(p ClockParams) { clock = p }

// Wall is the wall clock: since 1970 there are Offset nanoseconds more than since
// boot. From Due on, in nanoseconds since boot, vdsoClock asks the kernel instead.
// Readers and the writers, which are kernel code, use them atomically.
var Wall = WallClock{Due: ^uint64(0)}

// A WallClock is documented at Wall.
type WallClock struct{ Offset, Due uint64 }

// Now returns nanoseconds since boot. It is safe anywhere.
func Now() uint64 {
	hi, lo := bits.Mul64(Counter()-clock.Base, clock.Mult)
	return hi<<32 | lo>>32
}

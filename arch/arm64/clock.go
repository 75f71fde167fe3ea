//go:build arm64

package arm64

// clock is what vdsoClock computes with. The non-zero Base keeps it in the data
// segment.
var clock = ClockParams{Base: 1}

// ClockParams turn the virtual counter into nanoseconds.
type ClockParams struct {
	Base uint64 // counter at boot
	Mult uint64 // nanoseconds for each tick, 32.32 fixed point
	Wall uint64 // nanoseconds since 1970 at boot
}

// Clock returns the parameters in use, which must not be changed.
func Clock() *ClockParams { return &clock }

// SetClock puts p in use. The counter's rate is stated and never corrected:
// this is called at boot only, before any other processor runs.
func SetClock(p ClockParams) { clock = p }

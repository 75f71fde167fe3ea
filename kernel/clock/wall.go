package clock

import (
	"sync/atomic"

	"yolk/arch"
)

// The wall clock is an offset to Now. It is compared with the machine's own clock
// when the program asks for the time and lookEvery has passed since the last
// comparison, so that it catches up after the machine was stopped, moved or restored,
// and follows the host's clock; a machine on which nobody asks does nothing. Steps
// forward are made at once. Steps back are made when they are more than backBy.
const (
	lookEvery = 1e9
	lookAgain = 1e6 // when the clock could not be read
	backBy    = 10e6
	jump      = 100e6 // more than a second's drift
)

// looking is 1 while a processor makes the comparison.
var looking uint32

// Wall returns nanoseconds since 1970-01-01 UTC.
func Wall() uint64 {
	w := arch.Wall()
	if wasStopped() || Now() >= atomic.LoadUint64(&w.Due) {
		look()
	}
	return Now() + atomic.LoadUint64(&w.Offset)
}

// WallIsSet reports whether the wall clock shows the time.
func WallIsSet() bool { return atomic.LoadUint64(&arch.Wall().Offset) != 0 }

// SetWall sets the wall clock from nanoseconds since 1970.
func SetWall(ns uint64) { atomic.StoreUint64(&arch.Wall().Offset, ns-Now()) }

// startWall sets the wall clock from the machine's, which it follows from then on.
// Without one it stays unset.
func startWall() {
	const (
		patience = 5e6 // an RTC's update takes 2 ms
		looks    = 500 // at least: a busy host may hold the machine up for longer than that after one
	)
	for n, end := 0, Now()+patience; !WallIsSet() && (n < looks || Now() < end); n++ {
		look()
	}
}

// look compares the wall clock with the machine's, unless another processor does.
func look() {
	if !arch.TryLock(&looking) {
		return
	}
	w := arch.Wall()
	before := Now()
	lo, hi, ok := readWall()
	after := Now()
	if ok {
		atomic.StoreUint64(&w.Offset, corrected(w.Offset, before, after, lo, hi))
		atomic.StoreUint64(&w.Due, after+lookEvery)
	} else if w.Offset != 0 {
		atomic.StoreUint64(&w.Due, after+lookAgain)
	}
	atomic.StoreUint32(&looking, 0)
}

// corrected returns the offset after a clock has shown a time from lo to hi at a
// moment between before and after. A clock of whole seconds says no more than
// that: after a jump the middle is the best guess, and a drift is kept within.
func corrected(offset, before, after, lo, hi uint64) uint64 {
	switch {
	case offset == 0, after+offset+jump < lo, before+offset > hi+jump:
		return lo + (hi-lo)/2 - after
	case after+offset < lo:
		return lo - after
	case before+offset > hi+backBy:
		return hi - before
	}
	return offset
}

// days returns the days from 1970-01-01 to a date of the Gregorian calendar.
// The year is counted from March, so that the leap day is its last.
func days(year, month, day uint64) uint64 {
	if month <= 2 {
		year--
		month += 12
	}
	const epoch = 719468 // from 0000-03-01 to 1970-01-01
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - epoch
}

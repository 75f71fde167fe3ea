package clock

import (
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	for d := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2200; d = d.AddDate(0, 0, 1) {
		want := uint64(d.Unix() / 86400)
		if got := days(uint64(d.Year()), uint64(d.Month()), uint64(d.Day())); got != want {
			t.Fatalf("%v: %d days, want %d", d, got, want)
		}
	}
}

func TestNsPerTick(t *testing.T) {
	for _, hz := range []uint64{1e6, 1193182, 1e9, 2595123456, 4999999999} {
		mult := nsPerTick(hz, 1)
		// An hour of ticks must be an hour, to a part in 10^9.
		got := mulDiv(hz*3600, mult, 1<<32)
		if want := uint64(3600e9); got+4000 < want || got > want+4000 {
			t.Errorf("%d Hz: an hour is %d ns", hz, got)
		}
	}
}

// TestMustProgram: a timer is set anew only for a time before the one it is set to.
func TestMustProgram(t *testing.T) {
	const never = 0
	for _, c := range []struct {
		old, deadline uint64
		want          bool
	}{{never, never, false}, {never, 5, true}, {5, never, false}, {5, 5, false}, {5, 6, false}, {5, 4, true}} {
		if got := mustProgram(c.old, c.deadline); got != c.want {
			t.Errorf("set to %d, wanted %d: %v", c.old, c.deadline, got)
		}
	}
}

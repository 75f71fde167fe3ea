package clock

import "testing"

// TestCorrected: what a look at the machine's clock makes of the wall clock.
func TestCorrected(t *testing.T) {
	const s, ms = 1e9, 1e6
	for _, c := range []struct {
		name                  string
		offset, before, after uint64
		lo, hi                uint64
		want                  uint64
	}{
		{"the first look at seconds", 0, 5 * s, 5 * s, 100 * s, 101*s - 1, 95*s + s/2 - 1},
		{"the first look at nanoseconds", 0, 5 * s, 5 * s, 100 * s, 100 * s, 95 * s},
		{"within the second", 95*s + 1, 5 * s, 5 * s, 100 * s, 101*s - 1, 95*s + 1},
		{"behind the second", 95*s - 50*ms, 5 * s, 5 * s, 100 * s, 101*s - 1, 95 * s},
		{"ahead of the second", 96*s + 50*ms, 5 * s, 5 * s, 100 * s, 101*s - 1, 96*s - 1},
		{"ahead, but little", 96*s + 9*ms, 5 * s, 5 * s, 100 * s, 101*s - 1, 96*s + 9*ms},
		{"held up while looking", 95 * s, 5 * s, 9 * s, 100 * s, 101*s - 1, 95 * s},
		{"an hour was slept", 95 * s, 5 * s, 5 * s, 3700 * s, 3702*s - 2, 3696*s - 1},
		{"an hour was slept, by nanoseconds", 95 * s, 5 * s, 5 * s, 3700 * s, 3700 * s, 3695 * s},
		{"the host's clock was an hour ahead", 3695 * s, 5 * s, 5 * s, 100 * s, 102*s - 2, 96*s - 1},
		{"nanoseconds, a little behind", 95*s - 1, 5 * s, 5 * s, 100 * s, 100 * s, 95 * s},
		{"nanoseconds, a little ahead", 95*s + 5*ms, 5 * s, 5 * s, 100 * s, 100 * s, 95*s + 5*ms},
		{"nanoseconds, more ahead", 95*s + 50*ms, 5 * s, 5 * s, 100 * s, 100 * s, 95 * s},
	} {
		if got := corrected(c.offset, c.before, c.after, c.lo, c.hi); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestSeconds: with a clock of seconds that is up to one late, like QEMU's, the time is
// right within a second from the first look on, and never goes back.
func TestSeconds(t *testing.T) {
	const s = uint64(1e9)
	for late := uint64(0); late < s; late += s / 7 {
		for phase := uint64(0); phase < s; phase += s / 9 {
			truth, offset, now := 1234567890*s+phase, uint64(0), uint64(3e9)
			for i := range 40 {
				shown := (truth + now - late) / s * s
				next := corrected(offset, now, now+1000, shown, shown+2*s-1)
				if e := int64(next - truth); e < -1e9-1000 || e > 1e9 {
					t.Fatalf("%d ns late, phase %d, look %d: wrong by %d ns", late, phase, i, e)
				}
				if next < offset {
					t.Fatalf("%d ns late, phase %d, look %d: back by %d ns", late, phase, i, offset-next)
				}
				offset, now = next, now+1_070_000_000
			}
		}
	}
}

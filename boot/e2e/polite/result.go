package polite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Wait is one request's.
type Wait struct {
	Conn  string // which connection
	Began time.Time
	Took  time.Duration
	Err   error // nil for one that was answered rightly
}

func (w Wait) String() string {
	s := fmt.Sprintf("%s, %s: %v", w.Began.Format("15:04:05.000"), w.Conn, w.Took.Round(time.Millisecond))
	if w.Err != nil {
		s += ", " + w.Err.Error()
	}
	return s
}

// A Result is what became of a load's requests. Those that failed are not among
// the answered, and count as late when they took longer than Bound.
type Result struct {
	Answered int
	Failed   []Wait
	Late     []Wait
	Time     time.Duration // that the load lasted

	waits []time.Duration // of the answered ones; sorted by merge
}

func (r *Result) add(w Wait) {
	if w.Err != nil {
		r.Failed = append(r.Failed, w)
	} else {
		r.Answered++
		r.waits = append(r.waits, w.Took)
	}
	if w.Took > Bound {
		r.Late = append(r.Late, w)
	}
}

func merge(parts []Result) *Result {
	r := new(Result)
	for _, p := range parts {
		r.Answered += p.Answered
		r.Failed = append(r.Failed, p.Failed...)
		r.Late = append(r.Late, p.Late...)
		r.waits = append(r.waits, p.waits...)
	}
	slices.Sort(r.waits)
	byTime := func(a, b Wait) int { return a.Began.Compare(b.Began) }
	slices.SortFunc(r.Failed, byTime)
	slices.SortFunc(r.Late, byTime)
	return r
}

// Rate is the number of answers a second.
func (r *Result) Rate() float64 { return float64(r.Answered) / r.Time.Seconds() }

// Quantile returns the wait that the share q of the answered requests kept within:
// 1 for the longest.
func (r *Result) Quantile(q float64) time.Duration {
	if len(r.waits) == 0 {
		return 0
	}
	return r.waits[min(int(q*float64(len(r.waits))), len(r.waits)-1)]
}

func (r *Result) String() string {
	return fmt.Sprintf("%d answered, %.0f/s, p50 %v, p99 %v, longest %v; %d failed, %d beyond %v",
		r.Answered, r.Rate(), short(r.Quantile(0.5)), short(r.Quantile(0.99)), short(r.Quantile(1)), len(r.Failed), len(r.Late), Bound)
}

func short(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// told is how many requests an error names.
const told = 5

// Check returns an error that names the first requests that failed or waited
// longer than Bound, each with what the host did meanwhile, and nil if none did.
// h may be nil.
func (r *Result) Check(h *Host) error {
	bad := slices.Concat(r.Failed, r.Late)
	if len(bad) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d requests failed and %d waited longer than %v:", len(r.Failed), r.Answered+len(r.Failed), len(r.Late), Bound)
	for _, w := range bad[:min(told, len(bad))] {
		fmt.Fprintf(&b, "\n\t%v", w)
		if h != nil {
			fmt.Fprintf(&b, " (%v)", h.During(w))
		}
	}
	return fmt.Errorf("%s", b.String())
}

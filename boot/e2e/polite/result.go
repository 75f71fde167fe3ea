package polite

import (
	"errors"
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
	Share Share // of the host's, for one that failed or was beyond Bound, when a Host watched
}

func (w Wait) String() string {
	s := fmt.Sprintf("%s, %s: %v", w.Began.Format("15:04:05.000"), w.Conn, w.Took.Round(time.Millisecond))
	if w.Err != nil {
		s += ", " + w.Err.Error()
	}
	if w.Share != (Share{}) {
		s += " (" + w.Share.String() + ")"
	}
	return s
}

// A Result is what became of a load's requests.
type Result struct {
	Answered int
	Failed   []Wait
	Late     []Wait        // answered beyond Bound, and not only because of the host
	Starved  []Wait        // answered beyond Bound, but within it without what the host took
	Time     time.Duration // that the load lasted

	waits []time.Duration // of the answered ones; sorted by merge
}

func (r *Result) add(w Wait) {
	switch {
	case w.Err != nil:
		r.Failed = append(r.Failed, w)
		return
	case w.Took > Bound:
		r.Late = append(r.Late, w)
	}
	r.Answered++
	r.waits = append(r.waits, w.Took)
}

// merge adds up what the clients have found, and asks who kept the late waiting.
func merge(parts []Result, h *Host) *Result {
	r := new(Result)
	for _, p := range parts {
		r.Answered += p.Answered
		for _, w := range p.Failed {
			w.Share = h.During(w)
			r.Failed = append(r.Failed, w)
		}
		r.waits = append(r.waits, p.waits...)
		for _, w := range p.Late {
			if w.Share = h.During(w); w.Took-w.Share.Taken() > Bound {
				r.Late = append(r.Late, w)
			} else {
				r.Starved = append(r.Starved, w)
			}
		}
	}
	slices.Sort(r.waits)
	for _, list := range [][]Wait{r.Failed, r.Late, r.Starved} {
		slices.SortFunc(list, func(a, b Wait) int { return a.Began.Compare(b.Began) })
	}
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

// Longest is the longest wait of any request, answered or not.
func (r *Result) Longest() time.Duration {
	longest := r.Quantile(1)
	for _, w := range r.Failed {
		longest = max(longest, w.Took)
	}
	return longest
}

func (r *Result) String() string {
	s := fmt.Sprintf("%d answered, %.0f/s, p50 %v, p99 %v, longest %v; %d failed, %d beyond %v",
		r.Answered, r.Rate(), short(r.Quantile(0.5)), short(r.Quantile(0.99)), short(r.Quantile(1)), len(r.Failed), len(r.Late), Bound)
	if len(r.Starved) > 0 {
		s += fmt.Sprintf(", and %d more by the host's doing, such as %v", len(r.Starved), r.Starved[0])
	}
	return s
}

func short(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// told is how many requests an error names.
const told = 5

// Check returns an error that names the first requests that failed or were late,
// and nil if none did.
func (r *Result) Check() error {
	bad := slices.Concat(r.Failed, r.Late)
	if len(bad) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d requests failed and %d waited longer than %v:", len(r.Failed), r.Answered+len(r.Failed), len(r.Late), Bound)
	for _, w := range bad[:min(told, len(bad))] {
		fmt.Fprintf(&b, "\n\t%v", w)
	}
	return errors.New(b.String())
}

package polite

import (
	"slices"
	"sync"
	"time"
)

// A Host watches how far this computer lets the emulator, and this program, run
// when they want to. A request that waits on a busy host may wait for nothing else.
type Host struct {
	pid  int
	stop chan struct{}
	done sync.WaitGroup

	mu      sync.Mutex
	samples []sample
}

// A sample is taken every period.
type sample struct {
	at   time.Time
	late time.Duration // that this sample is behind its time
	Usage
}

const (
	period = 20 * time.Millisecond
	// kept is how many samples are, at least: for longer than a request can wait.
	kept = int(2 * patience / period)
)

// Watch watches a process and those it has started until Stop is called.
func Watch(pid int) *Host {
	h := &Host{pid: pid, stop: make(chan struct{})}
	h.done.Go(h.watch)
	return h
}

func (h *Host) Stop() {
	close(h.stop)
	h.done.Wait()
}

func (h *Host) watch() {
	for due := time.Now(); ; {
		due = due.Add(period)
		select {
		case <-h.stop:
			return
		case <-time.After(time.Until(due)):
		}
		s := sample{at: time.Now(), Usage: Use(h.pid)}
		if s.late = s.at.Sub(due); s.late > period {
			due = s.at // what was missed is not made up for
		}
		h.keep(s)
	}
}

func (h *Host) keep(s sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.samples = append(h.samples, s); len(h.samples) > 2*kept {
		h.samples = slices.Clone(h.samples[kept:])
	}
}

// During returns the host's share in a wait, to the precision of a sample's period.
// A nil Host has none.
func (h *Host) During(w Wait) (s Share) {
	if h == nil {
		return s
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	from, _ := slices.BinarySearchFunc(h.samples, w.Began, func(s sample, t time.Time) int { return s.at.Compare(t) })
	to, _ := slices.BinarySearchFunc(h.samples, w.Began.Add(w.Took), func(s sample, t time.Time) int { return s.at.Compare(t) })
	if from >= len(h.samples) {
		return s
	}
	during := h.samples[max(0, from-1):min(to+1, len(h.samples))]
	s = during[len(during)-1].Since(during[0].Usage)
	for _, p := range during[1:] {
		s.Late = max(s.Late, p.late)
	}
	return s
}

package polite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// A sample is taken every period. Waited and ran grow with time.
type sample struct {
	at          time.Time
	late        time.Duration // that this sample is behind its time
	waited, ran time.Duration // the emulator's threads, for a processor and on one
}

const (
	period = 20 * time.Millisecond
	// kept is for how long samples are: more than a request can wait.
	kept = 2 * patience
)

// Watch watches a process and those it has started until Stop is called.
func Watch(pid int) *Host {
	h := &Host{pid: pid, stop: make(chan struct{})}
	h.done.Go(h.sample)
	return h
}

func (h *Host) Stop() {
	close(h.stop)
	h.done.Wait()
}

func (h *Host) sample() {
	for due := time.Now(); ; {
		due = due.Add(period)
		select {
		case <-h.stop:
			return
		case <-time.After(time.Until(due)):
		}
		s := sample{at: time.Now()}
		s.late = s.at.Sub(due)
		s.waited, s.ran = processTimes(h.pid)
		h.mu.Lock()
		if n := len(h.samples); n > 0 && s.ran < h.samples[n-1].ran {
			h.mu.Unlock()
			return // the emulator, or a thread of it, has ended
		}
		h.samples = append(h.samples, s)
		if most := int(kept / period); len(h.samples) > 2*most {
			h.samples = append([]sample(nil), h.samples[most:]...)
		}
		h.mu.Unlock()
		if s.late > period {
			due = s.at // late ones are not made up for
		}
	}
}

// A Share is what the host did during some time. Waited is for how long the
// emulator's threads, all of them added, were ready and no processor was free;
// Late is the most that a goroutine of this program was woken behind its time.
type Share struct {
	Waited, Ran, Late time.Duration
}

func (s Share) String() string {
	return fmt.Sprintf("meanwhile the emulator's threads ran %v and waited %v for a processor of the host; this program was up to %v behind",
		s.Ran.Round(time.Millisecond), s.Waited.Round(time.Millisecond), s.Late.Round(time.Millisecond))
}

// During returns the host's share in a request's wait, to the precision of a
// sample's period.
func (h *Host) During(w Wait) (s Share) {
	h.mu.Lock()
	defer h.mu.Unlock()
	from, to := w.Began, w.Began.Add(w.Took)
	var first, last *sample
	for i := range h.samples {
		p := &h.samples[i]
		if p.at.Before(from) {
			first = p
			continue
		}
		if first == nil {
			first = p
		}
		last = p
		s.Late = max(s.Late, p.late)
		if p.at.After(to) {
			break
		}
	}
	if last != nil {
		s.Waited, s.Ran = last.waited-first.waited, last.ran-first.ran
	}
	return s
}

// processTimes adds up what the threads of a process and of its children have
// waited for a processor, and run (Linux, Documentation/scheduler/sched-stats.rst,
// /proc/<pid>/schedstat). It is 0 where the system does not say.
func processTimes(pid int) (waited, ran time.Duration) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, t := range tasks {
		var r, w int64
		if text, err := os.ReadFile(t + "/schedstat"); err == nil {
			fmt.Fscan(bytes.NewReader(text), &r, &w)
		}
		waited, ran = waited+time.Duration(w), ran+time.Duration(r)
		children, _ := os.ReadFile(t + "/children")
		for _, c := range strings.Fields(string(children)) {
			var child int
			fmt.Sscan(c, &child)
			w, r := processTimes(child)
			waited, ran = waited+w, ran+r
		}
	}
	return waited, ran
}

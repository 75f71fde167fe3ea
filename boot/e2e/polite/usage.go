package polite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Usage is what the threads of some processes have had of the host's processors
// up to some moment.
type Usage []thread

// A thread has waited for a processor, and run on one, since its start.
type thread struct {
	id          int
	waited, ran time.Duration
}

// Use returns the usage of processes and those they have started, up to now. It is
// empty where the system does not tell (Linux, Documentation/scheduler/
// sched-stats.rst, /proc/<pid>/schedstat).
func Use(pids ...int) (u Usage) {
	for _, pid := range pids {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		for _, task := range tasks {
			var t thread
			t.id, _ = strconv.Atoi(filepath.Base(task))
			text, err := os.ReadFile(task + "/schedstat")
			if n, _ := fmt.Fscan(bytes.NewReader(text), &t.ran, &t.waited); err == nil && n == 2 {
				u = append(u, t)
			}
			children, _ := os.ReadFile(task + "/children")
			for _, c := range strings.Fields(string(children)) {
				if child, err := strconv.Atoi(c); err == nil {
					u = append(u, Use(child)...)
				}
			}
		}
	}
	return u
}

// Since returns what was used after before.
func (u Usage) Since(before Usage) (s Share) {
	for _, t := range u {
		if i := slices.IndexFunc(before, func(b thread) bool { return b.id == t.id }); i >= 0 {
			t.waited, t.ran = t.waited-before[i].waited, t.ran-before[i].ran
		}
		s.Waited, s.Ran = max(s.Waited, t.waited), s.Ran+t.ran
	}
	return s
}

// A Share is what the host did during some time, such as a request's wait.
type Share struct {
	Waited time.Duration // the most that a thread of the emulator was ready and no processor was free
	Late   time.Duration // the most that this program was woken behind its time
	Ran    time.Duration // all of the emulator's threads, added
}

// Taken is how long the host kept others waiting, at the least: one thread
// after the other may have waited, or one beside the other.
func (s Share) Taken() time.Duration { return max(s.Waited, s.Late) }

func (s Share) String() string {
	return fmt.Sprintf("the emulator ran %v, waited %v for a processor of the host; this program was up to %v behind",
		s.Ran.Round(time.Millisecond), s.Waited.Round(time.Millisecond), s.Late.Round(time.Millisecond))
}

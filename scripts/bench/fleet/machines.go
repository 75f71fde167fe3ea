package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"yolk/scripts/bench/starts"
)

// daytime is the port of apps/daytime (RFC 867).
const daytime = 13

// told reads the time that a machine tells.
func told(c net.Conn) (time.Time, error) {
	line, _ := bufio.NewReader(c).ReadString('\n')
	return time.Parse(time.RFC1123Z, strings.TrimSpace(line))
}

// tells takes any time for an answer.
func tells(c net.Conn) error {
	_, err := told(c)
	return err
}

// save returns the system of those that go on from one of y.
func (s *session) save(y starts.System) (starts.System, error) {
	clones, still, err := y.Save(s.ctx, s.work)
	s.report.Save = milliseconds(still)
	return clones, err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// measure starts each system alone in turn, and then many machines of each.
func (s *session) measure() error {
	for round := range s.rounds {
		for _, y := range s.report.Systems {
			if y.slow && round%slowRounds != 0 {
				continue
			}
			var one Start
			err := s.journal.Once(fmt.Sprintf("%s, round %d", y.Name, round), &one, func() (err error) {
				one, err = s.alone(y)
				return err
			})
			if err != nil {
				return fmt.Errorf("%s, round %d: %w", y.Name, round+1, err)
			}
			y.Starts = append(y.Starts, one)
		}
	}
	for _, y := range s.report.Systems {
		y.Alone = Start{median(y.Starts, func(s Start) float64 { return s.First }),
			median(y.Starts, func(s Start) float64 { return s.CPU }), median(y.Starts, func(s Start) float64 { return s.Second })}
		n := s.count
		if y.slow {
			n = s.linux
		}
		if y.start.Ask == nil || n == 0 {
			continue
		}
		say("starting %d of %s", n, y.Name)
		err := s.journal.Once(fmt.Sprintf("%s, together", y.Name), &y.Together, func() error { return s.together(y, n) })
		if err != nil {
			return fmt.Errorf("%d of %s: %w", n, y.Name, err)
		}
	}
	return s.ctx.Err()
}

// slowRounds is of how many rounds a slow system has one.
const slowRounds = 5

// alone starts one machine and ends it.
func (s *session) alone(y *System) (one Start, err error) {
	m, err := y.start.Start(s.ctx)
	if err != nil {
		return one, err
	}
	defer m.Quit()
	one.First, one.CPU = milliseconds(m.First), milliseconds(m.CPU)
	if y.start.Ask == nil {
		return one, nil
	}
	begun := time.Now()
	err = m.Asked(s.ctx)
	one.Second = milliseconds(time.Since(begun))
	return one, err
}

func median(starts []Start, of func(Start) float64) float64 {
	var v []float64
	for _, s := range starts {
		v = append(v, of(s))
	}
	slices.Sort(v)
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}

// A machine that goes on from a snapshot has the right time within clockTime, if it is
// asked; right is what it may then be wrong by, on a computer with much to do.
const (
	clockTime = 1100 * time.Millisecond
	right     = 3 * time.Second
)

// rightTime asks a machine again, twice, because its clock follows when it is asked.
func (s *session) rightTime(m *starts.Machine) (err error) {
	var wrong time.Duration
	for range 2 {
		err = m.Ask(s.ctx, func(c net.Conn) error {
			at, err := told(c)
			wrong = time.Since(at).Abs()
			return err
		})
		if err != nil {
			return err
		}
	}
	if wrong > right {
		return fmt.Errorf("the machine's time is wrong by %v", wrong)
	}
	return nil
}

// together starts n machines, as many at once as there are processors, asks each again when
// all run, looks at their memory, and stops them.
func (s *session) together(y *System, n int) error {
	begun := time.Now()
	machines, err := s.startAll(y, n)
	y.Machines, y.Rate = n, float64(n)/time.Since(begun).Seconds()
	time.Sleep(clockTime)
	for _, m := range machines {
		if err == nil {
			err = s.rightTime(m)
		}
		pss, e := pssOf(m.Process)
		err = errors.Join(err, e)
		y.PSS += pss / float64(n)
	}
	begun = time.Now()
	var stopping sync.WaitGroup
	failed := make([]error, len(machines))
	for i, m := range machines {
		stopping.Go(func() { failed[i] = y.stop(m) })
	}
	stopping.Wait()
	y.Stop = time.Since(begun).Seconds()
	return errors.Join(append(failed, err)...)
}

// stop asks a machine's program to end and waits; a Linux guest here does not hear that.
func (y *System) stop(m *starts.Machine) error {
	if y.deaf {
		m.Quit()
		return nil
	}
	return m.Stop()
}

func (s *session) startAll(y *System, n int) (all []*starts.Machine, err error) {
	var starting sync.WaitGroup
	var mu sync.Mutex
	turn := make(chan bool, runtime.NumCPU())
	for range n {
		turn <- true
		starting.Go(func() {
			m, e := y.start.Start(s.ctx)
			<-turn
			mu.Lock()
			defer mu.Unlock()
			if err = errors.Join(err, e); e == nil {
				all = append(all, m)
			}
		})
	}
	starting.Wait()
	return all, err
}

// pssOf is the memory of a process, in bytes.
func pssOf(process int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", process))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if f := bytes.Fields(line); len(f) == 3 && string(f[0]) == "Pss:" {
			kib, err := strconv.ParseFloat(string(f[1]), 64)
			return kib * 1024, err
		}
	}
	return 0, errors.New("smaps_rollup has no Pss")
}

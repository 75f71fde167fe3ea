package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"yolk/boot/qemu"
	"yolk/boot/vmm"
)

// startLimit is how long a machine may take to answer.
const startLimit = 3 * time.Minute

// askTime is how long it may take to answer one connection: the emulator takes one before
// the machine does, and may lose it.
const askTime = 5 * time.Second

// A machine is one that runs.
type machine struct {
	port    uint16
	process int
	first   time.Duration // until it answered
	cpu     time.Duration // that the emulator had until then
	signals chan os.Signal
	ended   chan error
}

// ports are handed out below those that the system takes for connections.
var ports atomic.Uint32

// freePort is a port of its own that leads to the program's.
func freePort() qemu.Forward {
	for {
		f := qemu.Forward{Proto: "tcp", Addr: "127.0.0.1", Host: uint16(20000 + ports.Add(1)%10000), Guest: 13}
		if f.Free() == nil {
			return f
		}
	}
}

// start starts a machine, again with another port if somebody was quicker to take one.
func start(ctx context.Context, y *System) (m *machine, err error) {
	for range 3 {
		if m, err = startOn(ctx, y, freePort()); !errors.Is(err, errEarly) {
			break
		}
	}
	return m, err
}

var errEarly = errors.New("the machine ended early")

// startOn starts a machine and waits until it answers, or if it is quiet, until the
// emulator has made it.
func startOn(ctx context.Context, y *System, forward qemu.Forward) (m *machine, err error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	m = &machine{port: forward.Host, signals: make(chan os.Signal, 2), ended: make(chan error, 1)}
	c := y.config
	c.Net.Forwards = []qemu.Forward{forward}
	made := make(chan int, 1)
	c.Started = func(pid int) { made <- pid }
	begun := time.Now()
	go func() {
		status, err := c.Run(context.Background(), vmm.IO{Signals: m.signals})
		if err == nil && status != 128+int(syscall.SIGTERM) {
			err = fmt.Errorf("the machine ended with status %d", status)
		}
		m.ended <- err
	}()
	select {
	case m.process = <-made:
	case err := <-m.ended:
		return nil, fmt.Errorf("%w: %w", errEarly, err)
	}
	if !y.quiet {
		if _, err := m.asked(ctx); err != nil {
			m.quit()
			return nil, err
		}
	}
	m.first = time.Since(begun)
	if m.cpu, err = cpuTime(m.process); err != nil {
		m.quit()
		return nil, err
	}
	return m, nil
}

// asked connects until the machine tells the time, and returns how wrong that is.
func (m *machine) asked(ctx context.Context) (wrong time.Duration, err error) {
	var d net.Dialer
	for {
		if c, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", m.port)); err == nil {
			c.SetDeadline(time.Now().Add(askTime))
			line, _ := bufio.NewReader(c).ReadString('\n')
			c.Close()
			if at, err := time.Parse(time.RFC1123Z, string(bytes.TrimSpace([]byte(line)))); err == nil {
				return time.Since(at).Abs(), nil
			}
		}
		select {
		case <-ctx.Done():
			return 0, errors.New("the machine does not answer")
		case <-time.After(time.Millisecond):
		}
	}
}

// stop asks its program to end and waits; a Linux guest here does not hear that.
func (m *machine) stop(y *System) error {
	if y.deaf {
		m.quit()
		return nil
	}
	m.signals <- syscall.SIGTERM
	return <-m.ended
}

// quit ends it without asking.
func (m *machine) quit() {
	m.signals <- syscall.SIGTERM
	m.signals <- syscall.SIGTERM
	<-m.ended
}

// save starts a machine, and returns the configuration of those that go on from it.
func (s *session) save(c qemu.Config) (qemu.Config, error) {
	c.Memfd, c.Monitor = true, filepath.Join(s.work, "control")
	m, err := start(s.ctx, &System{config: c})
	if err != nil {
		return c, err
	}
	defer m.quit()
	q, err := qemu.Dial(c.Monitor)
	if err != nil {
		return c, err
	}
	defer q.Close()
	begun := time.Now()
	if err := q.Save(m.process, s.work); err != nil {
		return c, err
	}
	s.report.Save = milliseconds(time.Since(begun))
	c.Memfd, c.Monitor, c.Saved = false, "", s.work
	return c, nil
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
		if y.quiet || n == 0 {
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
	m, err := start(s.ctx, y)
	if err != nil {
		return one, err
	}
	defer m.quit()
	one.First, one.CPU = milliseconds(m.first), milliseconds(m.cpu)
	if y.quiet {
		return one, nil
	}
	begun := time.Now()
	_, err = m.asked(s.ctx)
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

// cpuTime is the processor time that a process has had, with all its threads
// (clock_getcpuclockid(3): the clock of process p is the complement of p, shifted by three,
// and 2).
func cpuTime(process int) (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(int32(^process<<3|2), &t)
	return time.Duration(t.Nano()), err
}

// A machine that goes on from a snapshot has the right time within clockTime, if it is
// asked; right is what it may then be wrong by, on a computer with much to do.
const (
	clockTime = 1100 * time.Millisecond
	right     = 3 * time.Second
)

// right asks a machine again, twice, because its clock follows when it is asked.
func (m *machine) right(ctx context.Context) (err error) {
	var wrong time.Duration
	for range 2 {
		if wrong, err = m.asked(ctx); err != nil {
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
			err = m.right(s.ctx)
		}
		pss, e := pssOf(m.process)
		err = errors.Join(err, e)
		y.PSS += pss / float64(n)
	}
	begun = time.Now()
	var stopping sync.WaitGroup
	failed := make([]error, len(machines))
	for i, m := range machines {
		stopping.Go(func() { failed[i] = m.stop(y) })
	}
	stopping.Wait()
	y.Stop = time.Since(begun).Seconds()
	return errors.Join(append(failed, err)...)
}

func (s *session) startAll(y *System, n int) (all []*machine, err error) {
	var starting sync.WaitGroup
	var mu sync.Mutex
	turn := make(chan bool, runtime.NumCPU())
	for range n {
		turn <- true
		starting.Go(func() {
			m, e := start(s.ctx, y)
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

package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"yolk/boot/qemu"
	"yolk/boot/vmm"
	"yolk/boot/vnet"
)

// Files that a keeper inherits: where it says what went wrong, and the locks of its
// machines.
const (
	readyFile = 3
	firstLock = 4
)

// Start starts machines that were created, with their locks, in the background: keeper is
// the command line of a process that calls Keep with their names. It returns when the
// emulators run, or with what went wrong and none of them.
func (f Fleet) Start(keeper []string, machines []*Machine, locks []*os.File) (err error) {
	defer func() {
		for i, m := range machines {
			locks[i].Close()
			if err != nil {
				m.Wait()
				m.Discard()
			}
		}
	}()
	said, ready, err := os.Pipe()
	if err != nil {
		return err
	}
	defer said.Close()
	defer ready.Close()
	cmd := exec.Command(keeper[0], keeper[1:]...)
	cmd.ExtraFiles = append([]*os.File{ready}, locks...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal, and no signal of one
	if err := cmd.Start(); err != nil {
		return err
	}
	ready.Close()
	for _, l := range locks {
		l.Close() // the keeper has them
	}
	complaint, err := io.ReadAll(said)
	if err == nil && string(complaint) != allRun {
		cmd.Process.Signal(syscall.SIGTERM)
		err = errors.New(cmp.Or(strings.TrimSpace(string(complaint)), "the keeper ended before the machine ran"))
	}
	cmd.Process.Release()
	return err
}

// allRun is what a keeper says when there is nothing to complain of.
const allRun = "ok"

// Keep is a keeper's work: it runs the machines of these names until all have ended. The
// first of signals is passed on to them, the second ends them.
// server starts the process of a network, see Connect.
func (f Fleet) Keep(server, names []string, signals <-chan os.Signal) error {
	ready := os.NewFile(readyFile, "ready")
	started := make(chan error, 2*len(names))
	all := make([]chan os.Signal, len(names))
	var running sync.WaitGroup
	turn := make(chan bool, startAtOnce)
	for i, name := range names {
		lock := os.NewFile(uintptr(firstLock+i), "lock")
		syscall.CloseOnExec(firstLock + i)
		all[i] = make(chan os.Signal, 2)
		running.Go(func() {
			defer lock.Close()
			turn <- true
			var once sync.Once
			done := func(err error) { once.Do(func() { <-turn; started <- err }) }
			done(f.keep(server, name, all[i], func() { done(nil) }))
		})
	}
	go func() {
		for s := range signals {
			for _, c := range all {
				c <- s
			}
		}
	}()
	syscall.CloseOnExec(readyFile)
	var failed error
	for range names {
		failed = errors.Join(failed, <-started)
	}
	if failed == nil {
		io.WriteString(ready, allRun)
	} else {
		fmt.Fprintln(ready, failed)
	}
	ready.Close()
	running.Wait()
	return failed
}

// startAtOnce is how many emulators a keeper starts at the same time.
const startAtOnce = 4

// keep runs one machine. begun is called when its emulator runs.
func (f Fleet) keep(server []string, name string, signals <-chan os.Signal, begun func()) error {
	m, err := f.Open(name)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(m.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c := &m.Config
	if switched(c) {
		network, err := f.Connect(server, m)
		if err != nil {
			return errors.Join(err, m.ended(End{Error: err.Error(), Time: time.Now()}))
		}
		defer network.Close()
		told := *m
		told.Config.Append = strings.TrimPrefix(c.Append, vnet.Place{Address: c.Net.Address}.Options())
		if err := told.write(description, told); err != nil {
			return err
		}
	}
	c.Started = func(pid int) {
		os.WriteFile(m.file("pid"), strconv.AppendInt(nil, int64(pid), 10), 0o600)
		begun()
	}
	status, err := m.Config.Run(context.Background(), vmm.IO{Out: log, Err: log, Signals: signals})
	e := End{Status: status, Time: time.Now()}
	if err != nil {
		e.Error = err.Error()
		fmt.Fprintln(log, "yolk:", err)
	}
	return errors.Join(err, m.ended(e))
}

// ended writes down how a machine ended.
func (m *Machine) ended(e End) error {
	os.Remove(m.Control())
	os.Remove(m.file("pid"))
	return m.write("end.json", e)
}

// Process is the emulator's process id.
func (m *Machine) Process() (int, error) {
	text, err := os.ReadFile(m.file("pid"))
	if err != nil || !m.Running() {
		return 0, fmt.Errorf("%s: %w", m.Name, ErrEnded)
	}
	return strconv.Atoi(string(text))
}

// Stop asks the program to end, waits for that, and ends the machine when the program
// takes longer than its grace period, or at once if now is set.
func (m *Machine) Stop(now bool) error {
	if !m.Running() {
		return fmt.Errorf("%s: %w", m.Name, ErrEnded)
	}
	q, err := qemu.Dial(m.Control())
	if err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	defer q.Close()
	ended := make(chan bool)
	go func() { m.Wait(); close(ended) }()
	ways := []func() error{q.Quit}
	if !now {
		ways = append([]func() error{func() error { return q.AskToEnd(m.Config) }}, ways...)
	}
	for i, way := range ways {
		if err := way(); err != nil && m.Running() {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		var late <-chan time.Time
		if last := i == len(ways)-1; last {
			late = time.After(endTime)
		} else if m.Config.Grace > 0 {
			late = time.After(m.Config.Grace + endTime)
		}
		select {
		case <-ended:
			return nil
		case <-late:
		}
	}
	return fmt.Errorf("%s: the emulator does not end", m.Name)
}

// endTime is how long an emulator may take that has nothing to wait for.
const endTime = 5 * time.Second

// Of picks the machines of a fleet's file, the ones started last in front.
func Of(all []*Machine, file string) []*Machine {
	of := slices.DeleteFunc(slices.Clone(all), func(m *Machine) bool { return m.Fleet != file })
	slices.Reverse(of)
	return of
}

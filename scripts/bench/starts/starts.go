// Package starts starts machines for benchmarks, and tells how soon they answer.
//
// It may import boot/qemu and boot/vmm.
package starts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"yolk/boot/qemu"
	"yolk/boot/vmm"
)

// limit is how long a machine may take to answer, and askTime how long it may take to answer
// one connection: the emulator takes one before the machine does, and may lose it.
const (
	limit   = 3 * time.Minute
	askTime = 5 * time.Second
)

// A System is a way to start machines.
type System struct {
	Config qemu.Config
	Port   uint16               // at which it answers, or would
	Ask    func(net.Conn) error // takes an answer; nil: it gives none, and has started when the emulator has made it
	Out    io.Writer            // takes what it says; may be nil
}

// A Machine is one that runs.
type Machine struct {
	Process int           // the emulator's
	Made    time.Duration // until the emulator had made it, or had it go on
	First   time.Duration // until it answered
	CPU     time.Duration // that the emulator had until then
	system  *System
	port    uint16
	signals chan os.Signal
	ended   chan error
}

// ports are handed out below those that the system takes for connections.
var ports atomic.Uint32

// freePort leads a port of its own to the guest's.
func freePort(guest uint16) qemu.Forward {
	for {
		f := qemu.Forward{Proto: "tcp", Addr: "127.0.0.1", Host: uint16(20000 + ports.Add(1)%10000), Guest: guest}
		if f.Free() == nil {
			return f
		}
	}
}

// Start starts a machine and waits until it answers; again with another port if somebody was
// quicker to take one.
func (y *System) Start(ctx context.Context) (m *Machine, err error) {
	for range 3 {
		if m, err = y.start(ctx, freePort(y.Port)); !errors.Is(err, errEarly) {
			break
		}
	}
	return m, err
}

var errEarly = errors.New("the machine ended early")

func (y *System) start(ctx context.Context, forward qemu.Forward) (m *Machine, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m = &Machine{system: y, port: forward.Host, signals: make(chan os.Signal, 2), ended: make(chan error, 1)}
	c := y.Config
	c.Net.Forwards = []qemu.Forward{forward}
	made := make(chan int, 1)
	c.Started = func(pid int) { made <- pid }
	begun := time.Now()
	go func() {
		status, err := c.Run(context.Background(), vmm.IO{Out: y.Out, Signals: m.signals})
		if err == nil && status != 128+int(syscall.SIGTERM) {
			err = fmt.Errorf("the machine ended with status %d", status)
		}
		m.ended <- err
	}()
	select {
	case m.Process = <-made:
	case err := <-m.ended:
		return nil, fmt.Errorf("%w: %w", errEarly, err)
	}
	m.Made = time.Since(begun)
	if y.Ask != nil {
		if err := m.Asked(ctx); err != nil {
			m.Quit()
			return nil, err
		}
	}
	m.First = time.Since(begun)
	if m.CPU, err = cpuTime(m.Process); err != nil {
		m.Quit()
		return nil, err
	}
	return m, nil
}

// Asked connects until the machine answers.
func (m *Machine) Asked(ctx context.Context) error { return m.Ask(ctx, m.system.Ask) }

// Ask connects until the machine gives an answer that ask takes.
func (m *Machine) Ask(ctx context.Context, ask func(net.Conn) error) error {
	var d net.Dialer
	for {
		c, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", m.port))
		if err == nil {
			c.SetDeadline(time.Now().Add(askTime))
			err = ask(c)
			c.Close()
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the machine does not answer: %w", err)
		case <-time.After(time.Millisecond):
		}
	}
}

// Stop asks its program to end, and waits.
func (m *Machine) Stop() error {
	m.signals <- syscall.SIGTERM
	return <-m.ended
}

// Quit ends it without asking.
func (m *Machine) Quit() {
	m.signals <- syscall.SIGTERM
	m.signals <- syscall.SIGTERM
	<-m.ended
}

// cpuTime is the processor time that a process has had, with all its threads
// (clock_getcpuclockid(3): the clock of process p is the complement of p, shifted by three,
// and 2).
func cpuTime(process int) (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(int32(^process<<3|2), &t)
	return time.Duration(t.Nano()), err
}

//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"yolk/scripts/kvm/task"
)

// Statuses of the emulator when a program has ended with 0: isa-debug-exit makes
// 2 n + 1 of it; the end of Linux' process 1 is a reset.
const (
	success      = 1
	linuxSuccess = 0
)

// A machine is an emulator that runs.
type machine struct {
	cmd     *exec.Cmd
	monitor string // the socket of QEMU's
	out     bytes.Buffer
	all     chan struct{} // closed when its output has ended
	said    chan struct{} // closed when its output contains the wanted text
	began   int           // exits of those before
	exits   int           // exits until it said it
}

// started counts machines.
var started atomic.Int32

// start starts an emulator whose output shall contain want.
func start(args []string, want string) (*machine, error) {
	m := &machine{monitor: fmt.Sprintf("/monitor%d", started.Add(1)), began: allExits.count(), all: make(chan struct{}), said: make(chan struct{})}
	m.cmd = exec.Command(args[0], slices.Concat(args[1:], []string{"-qmp", "unix:" + m.monitor + ",server=on,wait=off"})...)
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	m.cmd.Stdout, m.cmd.Stderr = in, in
	err = m.cmd.Start()
	in.Close()
	if err != nil {
		return nil, err
	}
	go m.listen(out, want)
	return m, nil
}

// listen collects the output.
func (m *machine) listen(out io.ReadCloser, want string) {
	defer close(m.all)
	defer out.Close()
	buf, said := make([]byte, 4096), false
	for {
		n, err := out.Read(buf)
		m.out.Write(bytes.ReplaceAll(buf[:n], []byte{'\r'}, nil))
		if !said && bytes.Contains(m.out.Bytes(), []byte(want)) {
			said, m.exits = true, allExits.count()-m.began
			close(m.said)
		}
		if err != nil {
			return
		}
	}
}

// end waits for the machine's end, which must come after the text and with that
// status of the emulator.
func (m *machine) end(status int) error {
	select {
	case <-m.all:
	case <-time.After(task.Patience):
		where := m.autopsy()
		m.cmd.Process.Kill()
		<-m.all
		m.cmd.Wait()
		return m.fault("it did not end in %v\n%s", task.Patience, where)
	}
	m.cmd.Wait()
	if code := m.cmd.ProcessState.ExitCode(); code != status {
		return m.fault("the emulator ended with %d", code)
	}
	select {
	case <-m.said:
		return nil
	default:
		return m.fault("it did not say what it should")
	}
}

// stop ends a machine that would go on.
func (m *machine) stop() {
	m.cmd.Process.Signal(syscall.SIGTERM)
	<-m.all
	m.cmd.Wait()
}

// fault is an error with what the machine printed. The machine has ended.
func (m *machine) fault(format string, args ...any) error {
	return fmt.Errorf("%s\n%s\n%s", fmt.Sprintf(format, args...), strings.Join(m.cmd.Args, " "), m.out.String())
}

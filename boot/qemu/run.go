package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"yolk/boot/child"
	"yolk/boot/vmm"
)

// Errors of Run beside those of every monitor, wrapped with what happened.
var (
	ErrTooOld = errors.New("the emulator is too old: QEMU 5.2 or later is needed")
	ErrFailed = errors.New("the emulator failed")
	ErrReset  = errors.New("the machine reset itself instead of ending the program (a triple fault)")
	ErrPushed = errors.New("somebody else reset the machine (system_reset)")
	ErrKilled = errors.New("somebody else ended the emulator")
	ErrLate   = errors.New("the machine was ended, because it did not end in the time that -grace gives")
)

// graceful is how long QEMU may take to end after a polite signal.
const graceful = 2 * time.Second

var _ vmm.Monitor = Config{}

// Run implements vmm.Monitor. No file is made.
func (c Config) Run(ctx context.Context, stdio vmm.IO) (status int, err error) {
	for _, f := range c.Net.Forwards {
		if err := f.Free(); c.Net.Kind == NetUser && err != nil {
			return 0, err
		}
	}
	bin, err := exec.LookPath(c.Program())
	if err != nil {
		return 0, missing(c.Program())
	}
	said, pipe, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer said.Close()
	defer pipe.Close()
	control, err := newController(c)
	if err != nil {
		return 0, err
	}
	defer control.Close()
	c.Status, c.Control = statusPipe, controlFile
	files := []*os.File{pipe, control.qemus}
	var card *Card
	if c.board() && c.Net.Kind != NetNone {
		if card, err = newCard(); err != nil {
			return 0, err
		}
		defer card.Close()
		c.USB, c.Wire = usbFile, wireFile
		files = append(files, card.qemus...)
	}
	if c.Memfd {
		memory, err := c.newMemory()
		if err != nil {
			return 0, err
		}
		defer memory.Close()
		c.RAM = firstFile + len(files)
		files = append(files, memory)
	}
	restore := ""
	if c.Saved != "" {
		state, err := os.Open(filepath.Join(c.Saved, savedState))
		if err != nil {
			return 0, err
		}
		defer state.Close()
		restore = restoreFrom(firstFile + len(files))
		files = append(files, state)
	}
	if c.Net.Kind == NetSwitch {
		c.Net.FD = firstFile + len(files)
		files = append(files, c.Net.File)
	}
	debugged, err := c.debugger(&files)
	if err != nil {
		return 0, err
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	tail := &tailWriter{w: stdio.Err, ended: ctx.Done()}
	cmd := exec.Command(bin, c.Args()...)
	cmd.ExtraFiles = files
	if stdio.Out != nil {
		cmd.Stdout = &lineEnds{w: stdio.Out, failed: end}
	}
	cmd.Stderr = tail
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches us alone
	cmd.WaitDelay = graceful                              // for output held open by a process QEMU started
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	if err := child.Start(cmd); err != nil {
		return 0, fmt.Errorf("%w: %v", ErrFailed, err)
	}
	pipe.Close() // QEMU has it
	defer debugged()()
	control.start(restore, func() {
		if c.Started != nil {
			c.Started(cmd.Process.Pid)
		}
	})
	if card != nil {
		card.start(end)
		if c.Card != nil {
			go c.Card(card)
		}
	}
	go feed(stdin, stdio.In)
	statusByte := make(chan []byte, 1)
	go func() { statusByte <- lastByte(said) }()
	go control.serve(ctx, stdio.Signals, c.Grace, end)
	ended := wait(ctx, cmd)
	switch cause := context.Cause(ctx); {
	case cause == errTwice:
		return control.status(), nil
	case errors.Is(cause, context.DeadlineExceeded):
		return 0, vmm.ErrTimeout
	case cause != nil:
		return 0, cause
	}
	said.SetReadDeadline(time.Now().Add(graceful)) // a process that QEMU started may hold the pipe
	return result(c, <-statusByte, control.ended(), ended, tail.text())
}

// firstFile is the first of cmd.ExtraFiles, and statusPipe that as QEMU opens it.
const (
	firstFile  = 3
	statusPipe = "/dev/fd/3"
)

// wait returns how QEMU ended, by itself or because ctx did.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-done:
		return err
	case <-time.After(graceful):
		cmd.Process.Kill()
		return <-done
	}
}

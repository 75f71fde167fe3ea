package qemu

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// lastByte reads to the end and returns the last byte there was, if any.
func lastByte(r io.Reader) (last []byte) {
	buf := make([]byte, 64)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			last = []byte{buf[n-1]}
		}
		if err != nil {
			return last
		}
	}
}

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

// result tells how the machine ended: with a status byte, or on arm64 with the
// emulator's own status. reason is what QEMU says of it (see controller.ended), ended
// how QEMU did, complaint what it said on stderr.
func result(c Config, status []byte, reason string, ended error, complaint string) (int, error) {
	if len(status) > 0 {
		return int(status[0]), nil
	}
	var exit *exec.ExitError
	switch {
	case strings.Contains(complaint, "terminating on signal"):
		return 0, fmt.Errorf("%w (%s)", ErrKilled, firstLine(complaint))
	case reason == "host-qmp-system-reset":
		return 0, ErrPushed
	case reason == "host-qmp-quit":
		return 0, fmt.Errorf("%w (quit)", ErrKilled)
	case c.arm() && ended == nil:
		return 0, nil
	case c.arm() && errors.As(ended, &exit) && exit.Exited() && (exit.ExitCode() != 1 || refusal(c, complaint) == ""):
		return exit.ExitCode(), nil
	case ended == nil:
		return 0, ErrReset
	case strings.Contains(complaint, "unsupported machine type"), strings.Contains(complaint, "is not a valid device model"),
		strings.Contains(complaint, "invalid accelerator"):
		return 0, fmt.Errorf("%w (%s)", ErrTooOld, cmp.Or(refusal(c, complaint), firstLine(complaint)))
	case errors.As(ended, &exit) && complaint != "":
		return 0, fmt.Errorf("%w: %s", ErrFailed, cmp.Or(refusal(c, complaint), firstLine(complaint)))
	}
	return 0, fmt.Errorf("%w: %v", ErrFailed, ended)
}

// refusal is the line in which QEMU says why it does not start, with status 1, or
// "". Warnings may stand before it.
func refusal(c Config, complaint string) string {
	for line := range strings.Lines(complaint) {
		if strings.HasPrefix(line, c.Program()+": ") && !strings.Contains(line, "warning: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// endOfInput is what the console sends when our own input ends: Ctrl-D, which
// ends the input of a program at a terminal as well.
const endOfInput = "\x04"

// feed copies input to the serial line. The terminal stays in its own mode, so
// that it echoes and edits lines, and needs no restoring.
func feed(dst io.WriteCloser, src io.Reader) {
	if src == nil {
		return // an idle line, not a closed one
	}
	if _, err := io.Copy(dst, src); err == nil {
		io.WriteString(dst, endOfInput)
	}
}

// tailWriter passes on what QEMU says, by lines, and keeps the first part of it. What it
// says about being ended by us is of no interest, nor that a board's card and its
// network meet at a hub without any other.
type tailWriter struct {
	w     io.Writer
	ended <-chan struct{}
	line  []byte // QEMU writes one in pieces
	kept  []byte
}

func (t *tailWriter) Write(b []byte) (int, error) {
	t.line = append(t.line, b...)
	end := bytes.LastIndexByte(t.line, '\n') + 1
	for line := range bytes.Lines(t.line[:end]) {
		if err := t.pass(line); err != nil {
			return 0, err
		}
	}
	t.line = append(t.line[:0], t.line[end:]...)
	return len(b), nil
}

// pass passes a line on.
func (t *tailWriter) pass(line []byte) error {
	select {
	case <-t.ended:
		return nil
	default:
	}
	if hubWithoutNIC(string(line)) {
		return nil
	}
	if room := 4096 - len(t.kept); room > 0 {
		t.kept = append(t.kept, line[:min(room, len(line))]...)
	}
	if t.w == nil {
		return nil
	}
	_, err := t.w.Write(line)
	return err
}

// text is what was kept, when QEMU has ended.
func (t *tailWriter) text() string {
	t.pass(t.line) // one that has no end
	t.line = nil
	return string(t.kept)
}

// lineEnds takes out the carriage return that the console puts before each
// newline for serial terminals, so that w gets what the program wrote.
type lineEnds struct {
	w      io.Writer
	failed func(error) // called when w takes no more
	held   bool        // the last byte was a carriage return, not yet written
}

func (l *lineEnds) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b)+1)
	for _, c := range b {
		if l.held && c != '\n' {
			out = append(out, '\r')
		}
		if l.held = c == '\r'; !l.held {
			out = append(out, c)
		}
	}
	if _, err := l.w.Write(out); err != nil {
		l.failed(fmt.Errorf("%w: %w", vmm.ErrOutput, err))
		return 0, err
	}
	return len(b), nil
}

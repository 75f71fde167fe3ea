package qemu

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
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

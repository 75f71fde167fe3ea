package qemu

import (
	"fmt"
	"io"

	"yolk/boot/vmm"
)

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

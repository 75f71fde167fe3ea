package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Colours of lines by what they begin with (ECMA-48, SGR): the kernel's, and those that a
// program ends with.
var colours = []struct{ begin, sgr string }{
	{"yolk: ", "\x1b[33m"},
	{"panic: ", "\x1b[31m"},
	{"fatal error: ", "\x1b[31m"},
}

const plain = "\x1b[m"

// coloured returns a writer that colours what w takes to f, and w itself if that is no
// terminal, or nobody wants colours (no-color.org).
func coloured(w io.Writer, f *os.File) io.Writer {
	if !term.IsTerminal(int(f.Fd())) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return w
	}
	return &colourer{w: w}
}

// A colourer colours what follows the beginning of a line: bytes come one by one, and none
// may wait for the next.
type colourer struct {
	w     io.Writer
	begin []byte // of the line, while it may become one of colours
	other bool   // it does not any more
	ink   bool   // it has a colour
}

func (c *colourer) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p)+16)
	for _, b := range p {
		if b == '\n' {
			if c.ink {
				out = append(out, plain...)
			}
			*c = colourer{w: c.w, begin: c.begin[:0]}
			out = append(out, b)
			continue
		}
		out = append(out, b)
		if !c.other {
			c.begin = append(c.begin, b)
			out = append(out, c.decide()...)
		}
	}
	if _, err := c.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// decide returns the colour that begins here, if one does.
func (c *colourer) decide() string {
	for _, k := range colours {
		switch {
		case string(c.begin) == k.begin:
			c.other, c.ink = true, true
			return k.sgr
		case strings.HasPrefix(k.begin, string(c.begin)):
			return ""
		}
	}
	c.other = true
	return ""
}

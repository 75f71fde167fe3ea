package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"yolk/boot/build"
	"yolk/boot/output"
)

// crashTail is how much of what a machine said last a report has, in bytes.
const crashTail = 256 << 10

// A crashReport keeps what a machine says last, for a file about how it failed. Of a nil
// one nothing is kept.
type crashReport struct {
	file  string
	begun time.Time
	said  bytes.Buffer
}

// newCrashReport begins one for a place that can be written, nil for "".
func newCrashReport(name string) (*crashReport, error) {
	if name == "" {
		return nil, nil
	}
	place, err := output.Place(name)
	return &crashReport{file: place, begun: time.Now()}, err
}

// watch returns a writer that keeps what goes to out.
func (c *crashReport) watch(out io.Writer) io.Writer {
	if c == nil {
		return out
	}
	return io.MultiWriter(out, c)
}

// Write implements io.Writer. It keeps between one and two tails.
func (c *crashReport) Write(p []byte) (int, error) {
	c.said.Write(p)
	if c.said.Len() > 2*crashTail {
		c.said.Next(c.said.Len() - crashTail)
	}
	return len(p), nil
}

// save writes the report of a machine that ended by itself with a status, unless that is 0:
// what it was, and what it said last, with functions and lines at the addresses.
func (c *crashReport) save(r *build.Result, command string, status int, failed error, v *voice) error {
	if c == nil || status == 0 && failed == nil {
		return nil
	}
	table, err := readTable(r.ELF)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "program  %s\nsymbols  %s\nstatus   %d\n", r.Package.ImportPath, r.ELF, status)
	if failed != nil {
		fmt.Fprintf(&b, "error    %v\n", failed)
	}
	fmt.Fprintf(&b, "begun    %s, ran %.1f s\nmachine  %s\n\n", c.begun.Format(time.RFC3339), time.Since(c.begun).Seconds(), command)
	tail := c.said.Bytes()
	if err := symbolize(&b, bytes.NewReader(tail[max(0, len(tail)-crashTail):]), table); err != nil {
		return err
	}
	if err := output.Write(c.file, b.Bytes()); err != nil {
		return err
	}
	v.say("a report of how it ended is in %s", filepath.Clean(c.file))
	return nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"yolk/boot/child"
)

// errEnded is returned by await for a guest that ended, or was ended, without
// having printed what was waited for.
var errEnded = errors.New("the machine ended or hung")

// lastLines is how much of a failed guest's output is shown.
const lastLines = 8

// A guest is a running emulator whose serial line we read.
type guest struct {
	cmd     *exec.Cmd
	out     *os.File // the serial line and the emulator's complaints
	text    []byte   // all of it up to now
	started time.Time
	ready   time.Duration // set by boot: from exec to the marker
	used    time.Duration // processor time the emulator took until then
}

// within is a command in a network namespace, or where we are if that is empty.
func within(netns string, argv []string) []string {
	if netns == "" {
		return argv
	}
	return append([]string{"ip", "netns", "exec", netns}, argv...)
}

// launch starts a command whose output is a guest's serial line. In a network
// namespace when netns is not empty. The guest is ended by stop or with ctx.
func launch(ctx context.Context, netns string, argv []string) (*guest, error) {
	argv = within(netns, argv)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	g := &guest{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...), out: r}
	g.cmd.Stdout, g.cmd.Stderr = w, w
	g.started = time.Now()
	if err := child.Start(g.cmd); err != nil {
		r.Close()
		return nil, err
	}
	return g, nil
}

// await reads the serial line up to the first occurrence of marker and returns
// how long after the start it came.
func (g *guest) await(marker string, limit time.Duration) (time.Duration, error) {
	g.out.SetReadDeadline(g.started.Add(limit))
	buf := make([]byte, 4096)
	for !bytes.Contains(g.text, []byte(marker)) {
		n, err := g.out.Read(buf)
		now := time.Since(g.started)
		g.text = append(g.text, buf[:n]...)
		if bytes.Contains(g.text, []byte(marker)) {
			return now, nil
		}
		if err != nil {
			return 0, fmt.Errorf("%w (%w) before it printed %q; last words: %s", errEnded, err, marker, g.last())
		}
	}
	return time.Since(g.started), nil
}

// output runs a command, for so long at most, and returns what it says.
func (b *bench) output(argv []string, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	out, err := child.Output(exec.CommandContext(ctx, argv[0], argv[1:]...))
	return string(out), err
}

// discard reads what else it prints, so that it can, until it ends.
func (g *guest) discard() {
	g.out.SetReadDeadline(time.Time{})
	io.Copy(io.Discard, g.out)
}

// last returns the last lines the guest printed.
func (g *guest) last() string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(g.text), "\r", "")), "\n")
	return strings.Join(lines[max(0, len(lines)-lastLines):], "\n\t")
}

// stop ends the guest at once.
func (g *guest) stop() {
	g.cmd.Process.Kill()
	g.cmd.Wait()
	g.out.Close()
}

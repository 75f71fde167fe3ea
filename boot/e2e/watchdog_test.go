//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yolk/boot/e2e/polite"
)

// A watched machine tells what its processors do when a request waits too long.
type watched struct {
	url     string  // of the program's port 8080
	addr    string  // the same without its scheme
	socket  string  // of QEMU's monitor
	ask     command // the monitor, once it was needed: it serves one at a time
	host    *polite.Host
	pid     int // of the yolk command
	running context.Context
}

type command = func(command string, arguments map[string]any) any

// watch runs an image, whose port 8080 is led to the host, until the test's end.
func watch(t *testing.T, args ...string) *watched {
	t.Helper()
	return watchFor(t, limit, args...)
}

// watchFor is watch of a machine that may live for so long.
func watchFor(t *testing.T, life time.Duration, args ...string) *watched {
	t.Helper()
	port := freePort(t)
	w := &watched{addr: fmt.Sprintf("127.0.0.1:%d", port), socket: filepath.Join(t.TempDir(), "monitor")}
	w.url = "http://" + w.addr + "/"
	cmd := within(t, life, append([]string{"run", "-p", fmt.Sprintf("%d:8080", port), "-qemu", "-qmp", "-qemu", "unix:" + w.socket + ",server=on,wait=off"}, args...)...)
	running, stop := background(t, cmd)
	w.running = running
	w.pid = cmd.Process.Pid
	w.host = polite.Watch(w.pid)
	t.Cleanup(func() { w.host.Stop(); stop() })
	return w
}

// politely puts a load on the machine, until ctx ends if there is no end to it, and
// fails the test for each request without its right answer or beyond polite.Bound.
// Where the processors are while the first such waits is asked twice.
func (w *watched) politely(t *testing.T, ctx context.Context, l polite.Load) *polite.Result {
	t.Helper()
	late := make(chan polite.Wait, 1)
	l.Addr, l.Host, l.Gone = w.addr, w.host, w.running
	l.Late = func(wait polite.Wait) {
		select {
		case late <- wait:
		default: // the first one tells enough
		}
	}
	done := make(chan *polite.Result, 1)
	go func() { done <- l.Run(ctx) }()
	for first := late; ; {
		select {
		case wait := <-first:
			if w.ask == nil {
				w.ask = monitor(t, w.socket)
			}
			t.Logf("%v and still waits; the processors:\n%s\nand a little later:\n%s", wait, w.processors(), w.processors())
			first = nil
		case r := <-done:
			t.Log(r)
			if err := r.Check(); err != nil {
				t.Error(err)
			}
			return r
		}
	}
}

// processors returns where the machine's processors are; NAME.elf has the symbols.
func (w *watched) processors() string {
	time.Sleep(50 * time.Millisecond) // between two looks
	registers, _ := w.ask("human-monitor-command", map[string]any{"command-line": "info registers -a"}).(string)
	var lines []string
	for _, line := range strings.Split(registers, "\n") {
		if strings.Contains(line, "CPU#") || strings.Contains(line, "RIP=") || strings.Contains(line, "PC=") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

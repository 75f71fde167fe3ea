package qemu

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yolk/boot/vmm"
)

// emulator puts a shell script in QEMU's place for this test. Its variable
// STATUS is the status file.
func emulator(t *testing.T, script string) {
	dir := t.TempDir()
	text := `#!/bin/sh
for a; do case $a in file,id=status,path=*) STATUS=${a#*path=};; esac; done
` + script
	for _, name := range []string{"qemu-system-x86_64", "qemu-system-aarch64"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func runBase(t *testing.T, stdio vmm.IO) (int, error) {
	c := base()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return c.Run(ctx, stdio)
}

func TestRunStatus(t *testing.T) {
	emulator(t, `echo out; echo err >&2; printf '\052' >$STATUS; exit 1`)
	var out, complaint bytes.Buffer
	status, err := runBase(t, vmm.IO{Out: &out, Err: &complaint})
	if status != 42 || err != nil || out.String() != "out\n" || complaint.String() != "err\n" {
		t.Errorf("status %d, %v, %q, %q", status, err, out.String(), complaint.String())
	}
}

// TestRunStatusARM64: there the emulator's own status is the program's.
func TestRunStatusARM64(t *testing.T) {
	c := base()
	c.Arch, c.Machine = "arm64", "virt"
	for _, s := range []struct {
		script string
		status int
		want   error
	}{
		{`exit 0`, 0, nil},
		{shutdownEvent("guest-reset"), 0, nil}, // by the program
		{shutdownEvent("host-qmp-system-reset"), 0, ErrPushed},
		{`exit 42`, 42, nil},
		{`exit 1`, 1, nil},
		{`echo "qemu-system-aarch64: warning: slow" >&2; exit 1`, 1, nil},
		{`echo "qemu-system-aarch64: no such machine" >&2; exit 1`, 0, ErrFailed},
		{`kill -9 $$`, 0, ErrFailed},
	} {
		emulator(t, s.script)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if status, err := c.Run(ctx, vmm.IO{}); status != s.status || !errors.Is(err, s.want) {
			t.Errorf("%s: status %d, %v", s.script, status, err)
		}
		cancel()
	}
}

func TestRunInput(t *testing.T) {
	// The script reads a line and the end-of-input character after it.
	emulator(t, `read line; echo "got $line"; head -c1 | od -An -c; printf '\0' >$STATUS; exit 1`)
	var out bytes.Buffer
	status, err := runBase(t, vmm.IO{In: strings.NewReader("hello\n"), Out: &out})
	if status != 0 || err != nil || out.String() != "got hello\n 004\n" {
		t.Errorf("status %d, %v, %q", status, err, out.String())
	}
}

// shutdownEvent is an emulator that ends for a reason, which it gives.
func shutdownEvent(reason string) string {
	return `printf '{"QMP": {}}\r\n{"return": {}}\r\n{"event": "SHUTDOWN", "data": {"guest": true, "reason": "` + reason + `"}}\r\n' >&4; exit 0`
}

func TestRunFailures(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         error
		text         string
	}{
		{"reset", `exit 0`, ErrReset, "triple fault"},
		{"reset from outside", shutdownEvent("host-qmp-system-reset"), ErrPushed, "system_reset"},
		{"quit", shutdownEvent("host-qmp-quit"), ErrKilled, "quit"},
		{"reset, said", shutdownEvent("guest-reset"), ErrReset, "triple fault"},
		{"killed", `echo "qemu-system-x86_64: terminating on signal 15 from pid 1 (init)" >&2; exit 0`, ErrKilled, "signal 15"},
		{"refused", `echo "could not load kernel" >&2; exit 1`, ErrFailed, "could not load kernel"},
		{"refused after a warning", `printf 'qemu-system-x86_64: -netdev foo: warning: deprecated\nPlease do not\nqemu-system-x86_64: Invalid parameter\n' >&2; exit 1`, ErrFailed, "failed: qemu-system-x86_64: Invalid"},
		{"killed", `kill -9 $$`, ErrFailed, "killed"},
		{"too old", `echo "unsupported machine type" >&2; exit 1`, ErrTooOld, "QEMU 5.2"},
	} {
		emulator(t, c.script)
		if _, err := runBase(t, vmm.IO{}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := runBase(t, vmm.IO{}); !errors.Is(err, vmm.ErrMissing) || !strings.Contains(err.Error(), "install") {
		t.Errorf("missing: %v", err)
	}
}

func TestRunEndsWithContext(t *testing.T) {
	emulator(t, `echo ready; exec sleep 1000`)
	ctx, cancel := context.WithCancel(context.Background())
	out := writerFunc(func() { cancel() }) // once the machine runs
	start := time.Now()
	if _, err := base().Run(ctx, vmm.IO{Out: out}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := base().Run(ctx, vmm.IO{}); !errors.Is(err, vmm.ErrTimeout) {
		t.Errorf("deadline: %v", err)
	}
	if d := time.Since(start); d > 15*time.Second {
		t.Errorf("ending two machines took %v", d)
	}
}

// TestRunOutputFails: the machine is ended, whether it goes on or not.
func TestRunOutputFails(t *testing.T) {
	for _, script := range []string{`echo out; exec sleep 1000`, `echo out; printf '\0' >$STATUS; exit 1`} {
		emulator(t, script)
		full := errors.New("no space left")
		_, err := runBase(t, vmm.IO{Out: failingWriter{full}})
		if !errors.Is(err, vmm.ErrOutput) || !errors.Is(err, full) {
			t.Errorf("%s: %v", script, err)
		}
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

type writerFunc func()

func (f writerFunc) Write(b []byte) (int, error) { f(); return len(b), nil }

func TestLineEnds(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\r\n":   "a\nb\n",
		"a\r\r\n":      "a\r\n", // the program's own "\r\n"
		"50%\r60%\r\n": "50%\r60%\n",
		"a\nb":         "a\nb",
	} {
		for size := 1; size <= len(in); size++ {
			var out bytes.Buffer
			l := &lineEnds{w: &out, failed: func(err error) { t.Error(err) }}
			for rest := in; rest != ""; rest = rest[min(size, len(rest)):] {
				l.Write([]byte(rest[:min(size, len(rest))]))
			}
			if out.String() != want {
				t.Errorf("%q in pieces of %d: %q, want %q", in, size, out.String(), want)
			}
		}
	}
}

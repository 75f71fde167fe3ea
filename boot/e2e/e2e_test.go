//go:build e2e

// Package e2e boots images and looks at them as their users do. It needs QEMU
// and the yolk command, named by $YOLK; `make test-machine` provides both.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// limit bounds every machine's life: emulation on a busy computer is slow.
const limit = 2 * time.Minute

// yolk prepares one command line of the yolk command.
func yolk(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	bin := os.Getenv("YOLK")
	if bin == "" {
		t.Fatal("YOLK does not name the yolk command: use make test-machine")
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

// output runs a command line to its end.
func output(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	return finish(t, yolk(t, args...))
}

func finish(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, status int) {
	t.Helper()
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), complaint.String(), cmd.ProcessState.ExitCode()
}

var machines = []string{"microvm", "q35"}

func TestHello(t *testing.T) {
	for _, m := range machines {
		out, complaint, status := output(t, "run", "-machine", m, "-memory", "8M", "../../apps/helloworld")
		if status != 0 || !strings.HasPrefix(out, "Hello") {
			t.Errorf("%s: status %d, %q, %q", m, status, out, complaint)
		}
	}
}

func TestTamaGo(t *testing.T) {
	out, complaint, status := output(t, "run", "-machine", "q35", "-net", "none", "./testdata/tamago")
	if want := "cpu: amd64 4\nhost bridge: true\nregion: true <nil>\n"; status != 0 || out != want {
		t.Errorf("status %d, %q, want %q, %q", status, out, want, complaint)
	}
}

// TestProbe runs the probe program; see testdata/probe.
func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name   string
		flags  []string
		args   []string
		status int
		want   []string // in the output, stdout and stderr together
	}{
		{"args", nil, []string{"args", "a b", `"q"`, "--", "-x=1", ""}, 0, []string{`["a b" "\"q\"" "--" "-x=1" ""]`}},
		{"environment", []string{"-env", "GREETING=good morning"}, []string{"env", "GREETING"}, 0, []string{`"good morning"`}},
		{"status 0", nil, []string{"exit", "0"}, 0, nil},
		{"status 3", nil, []string{"exit", "3"}, 3, nil},
		{"status 255", nil, []string{"exit", "255"}, 255, nil},
		{"nil dereference", nil, []string{"nil"}, 0, []string{"recovered: runtime error: invalid memory address", "still works: 42"}},
		{"division by zero", nil, []string{"divide"}, 0, []string{"recovered: runtime error: integer divide by zero"}},
		{"panic", nil, []string{"panic"}, 2, []string{"panic: on purpose", "goroutine 1 [running]", "probe/main.go:"}},
		{"stack overflow", nil, []string{"overflow"}, 2, []string{"goroutine stack exceeds 8388608-byte limit", "main.deep"}},
		{"deadlock", []string{"-net", "none"}, []string{"deadlock"}, 2, []string{"all goroutines are asleep - deadlock!"}},
		{"preemption", nil, []string{"spin"}, 0, []string{"preempted"}},
		{"packed file", []string{"-files", "testdata/probe:/data"}, []string{"cat", "/data/main.go"}, 0, []string{"// Probe does one thing"}},
		{"no file", nil, []string{"cat", "/data/main.go"}, 0, []string{"no such file or directory"}},
		{"facts", []string{"-machine", "q35"}, []string{"facts"}, 0, []string{"linux amd64 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"run"}, c.flags...)
			args = append(args, "./testdata/probe", "--")
			out, complaint, status := output(t, append(args, c.args...)...)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(out+complaint, want) {
					t.Errorf("no %q", want)
				}
			}
			if t.Failed() {
				t.Logf("stdout:\n%s\nstderr:\n%s", out, complaint)
			}
		})
	}
}

// TestMemoryFailures: a machine that is too small, or gets full, says so.
func TestMemoryFailures(t *testing.T) {
	out, complaint, status := output(t, "run", "-memory", "64M", "./testdata/probe", "--", "memory")
	if status == 0 || status == 125 || !strings.Contains(out+complaint, "16 MiB") || !strings.Contains(out+complaint, "out of memory") {
		t.Errorf("full: status %d, %q, %q", status, out, complaint)
	}
	// Room for the image, but not for the program's start, and then for neither.
	for memory, want := range map[string]string{"3M": "yolk: out of memory", "1M": "-memory 1M is too little"} {
		out, complaint, status = output(t, "run", "-memory", memory, "../../apps/helloworld")
		if status == 0 || !strings.Contains(out+complaint, want) {
			t.Errorf("%s: status %d, %q, %q", memory, status, out, complaint)
		}
	}
}

func TestConsoleInput(t *testing.T) {
	cmd := yolk(t, "run", "./testdata/probe", "--", "stdin")
	cmd.Stdin = strings.NewReader("one\ntwo\n")
	out, complaint, status := finish(t, cmd)
	if status != 0 || out != "ONE\nTWO\nend of input\n" {
		t.Errorf("status %d, %q, %q", status, out, complaint)
	}
}

// TestInterrupt: Ctrl-C ends the machine and nothing stays behind.
func TestInterrupt(t *testing.T) {
	cmd := yolk(t, "run", "./testdata/probe", "--", "wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAtLeast(out, make([]byte, 7), 7); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Signal(os.Interrupt)
	// Its end of the pipe closes only when the emulator is gone too.
	io.Copy(io.Discard, out)
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 130 {
		t.Errorf("status %d, want 130", status)
	}
}

// freePort returns a port of this computer that nothing uses now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestHTTP gets the pages of an unmodified net/http server.
func TestHTTP(t *testing.T) {
	for _, m := range machines {
		t.Run(m, func(t *testing.T) {
			port := freePort(t)
			ip := map[string]string{"microvm": "ip=10.0.2.15/24", "q35": "ip=dhcp"}[m] // both ways to an address
			cmd := yolk(t, "run", "-machine", m, "-memory", "64M", "-opt", ip, "-p", fmt.Sprintf("%d:8080", port), "../../apps/httpd")
			var log bytes.Buffer
			cmd.Stdout, cmd.Stderr = &log, &log
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ctx, ended := context.WithCancel(context.Background())
			go func() { cmd.Wait(); ended() }()
			page, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/", port))
			for i := 0; err == nil && i < 20; i++ {
				page, err = get(ctx, fmt.Sprintf("http://127.0.0.1:%d/status", port))
			}
			cmd.Process.Signal(os.Interrupt)
			<-ctx.Done()
			if err != nil || !strings.Contains(page, "Goroutines") {
				t.Errorf("%v, page %.300q, log %q", err, page, log.String())
			}
		})
	}
}

// get asks until the server is up, for as long as the machine lives.
func get(ctx context.Context, url string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	for {
		r, err := client.Get(url)
		if err == nil {
			defer r.Body.Close()
			b, err := io.ReadAll(r.Body)
			return string(b), err
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(50 * time.Millisecond): // QEMU accepts before the guest does
		}
	}
}

// TestPackageTests runs tests on the machine: of this module, of the standard
// library, and of a package whose test fails.
func TestPackageTests(t *testing.T) {
	out, complaint, status := output(t, "test", "-net", "none", "unicode/utf8", "../../kernel/cmdline", "--", "-v")
	for _, want := range []string{"--- PASS: TestEncodeRune", "--- PASS: TestQuote", "ok  \tunicode/utf8", "ok  \tyolk/kernel/cmdline"} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q\n%s\n%s", status, want, out, complaint)
		}
	}
	out, complaint, status = output(t, "test", "-net", "none", "./testdata/failing")
	for _, want := range []string{"--- FAIL: TestFails", "--- FAIL: TestMissing", "FAIL\tyolk/boot/e2e/testdata/failing"} {
		if status != 1 || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q\n%s\n%s", status, want, out, complaint)
		}
	}
	if strings.Contains(out, "--- FAIL: TestData") {
		t.Errorf("testdata was not found:\n%s", out)
	}
}

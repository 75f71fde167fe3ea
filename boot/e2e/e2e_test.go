//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"yolk/boot/child"
	"yolk/boot/qemu"
)

// limit bounds the building of each image and the life of its machine, beside three others:
// both are slow on a busy computer whose caches are empty.
const limit = 4 * time.Minute

// yolk prepares one command line of the yolk command.
func yolk(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return within(t, limit, args...)
}

// within is yolk with a limit of its own.
func within(t *testing.T, limit time.Duration, args ...string) *exec.Cmd {
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
	if err := child.Run(cmd); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), complaint.String(), cmd.ProcessState.ExitCode()
}

// emulator returns the command that `yolk run -n` prints, after edits: pairs of a
// part that must be there and what takes its place.
func emulator(t *testing.T, args []string, edits ...string) *exec.Cmd {
	t.Helper()
	line, complaint, status := output(t, append([]string{"run", "-n"}, args...)...)
	if status != 0 {
		t.Fatal(complaint)
	}
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(line, edits[i]) {
			t.Fatalf("no %q in %s", edits[i], line)
		}
		line = strings.Replace(line, edits[i], edits[i+1], 1)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, "sh", "-c", "exec "+line)
}

// background starts a command, whose output a failed test shows. The context ends
// with it; stop interrupts it and waits for that.
func background(t *testing.T, cmd *exec.Cmd) (running context.Context, stop func()) {
	t.Helper()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := child.Start(cmd); err != nil {
		t.Fatal(err)
	}
	running, ended := context.WithCancel(context.Background())
	go func() { cmd.Wait(); ended() }()
	return running, func() {
		cmd.Process.Signal(os.Interrupt)
		<-running.Done()
		if t.Failed() {
			t.Log(log.String())
		}
	}
}

// freePort returns a TCP port of this computer that nothing uses now.
func freePort(t *testing.T) int {
	t.Helper()
	port, err := qemu.FreePort("tcp")
	if err != nil {
		t.Fatal(err)
	}
	return int(port)
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

func TestTamaGo(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "run", "-machine", "q35", "-net", "none", "./testdata/tamago")
	if want := "cpu: amd64 4\nhost bridge: true\nregion: true <nil>\n"; status != 0 || out != want {
		t.Errorf("status %d, %q, want %q, %q", status, out, want, complaint)
	}
}

// TestTracer: a program that imports runtime/trace has the runtime's tracer; the
// others go without (boot/overlay/savings.go).
func TestTracer(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "run", "-net", "none", "./testdata/tracing")
	if want := "\"go 1.26 trace\", more than its head: true\n"; status != 0 || out != want {
		t.Errorf("status %d, %q, want %q, %q", status, out, want, complaint)
	}
}

// TestCaller: a program that makes calls by itself has what they need, and its user is told
// what will fail.
func TestCaller(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "run", "-net", "none", "./testdata/caller")
	if want := "<nil> errno 0 [127 0 0 1] /root fork/exec /app: function not implemented\n"; status != 0 || out != want || !strings.Contains(complaint, "testdata/caller may start processes") {
		t.Errorf("status %d, %q\nwant %q\n%s", status, out, want, complaint)
	}
}

// TestTunnel: a program makes an interface of its own (/dev/net/tun), and answers what is
// sent by it.
func TestTunnel(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "run", "-net", "none", "./testdata/tunnel")
	if want := "tun0 10.9.0.1/24 up|pointtopoint|multicast|running\n\"over there\" from 10.9.0.2:7\nanswered a ping\n"; status != 0 || out != want {
		t.Errorf("status %d, %q, want %q\n%s", status, out, want, complaint)
	}
}

// TestGoTool: the command is a tool of the program's own module, `go tool yolk`.
func TestGoTool(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	sums, err2 := os.ReadFile(filepath.Join(root, "go.sum"))
	dir := t.TempDir()
	text := strings.Replace(string(mod), "module yolk\n", "module example.com/mine\n\ntool yolk/boot/yolk\n\nrequire yolk v0.0.0\n\nreplace yolk => "+root+"\n", 1)
	program := "package main\n\nfunc main() { println(\"made by a tool\") }\n"
	for name, text := range map[string]string{"go.mod": text, "go.sum": string(sums), "main.go": program} {
		err = errors.Join(err, err2, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "tool", "yolk", "run", "-net", "none", ".")
	cmd.Dir = dir
	if out, complaint, status := finish(t, cmd); status != 0 || out != "made by a tool\n" {
		t.Errorf("status %d\n%s\n%s", status, out, complaint)
	}
}

// TestPackageTests runs tests on the machine: of this module, of the standard
// library, and of a package whose test fails.
func TestPackageTests(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "test", "-env", "ROUTER=10.0.2.2", "unicode/utf8", "../../kernel/cmdline", "./testdata/ours", "--", "-v")
	for _, want := range []string{"--- PASS: TestEncodeRune", "--- PASS: TestParser", "ok  \tunicode/utf8", "ok  \tyolk/kernel/cmdline", "ok  \tyolk/boot/e2e/testdata/ours"} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q\n%s\n%s", status, want, out, complaint)
		}
	}
	profile := filepath.Join(t.TempDir(), "c.out")
	out, complaint, status = output(t, "test", "-net", "none", "-json", "-run", "Data", "-coverprofile", profile, "./testdata/failing")
	counted, err := os.ReadFile(profile)
	for text, want := range map[string]string{out: `"Action":"pass","Package":"yolk/boot/e2e/testdata/failing","Test":"TestData"`, string(counted): "failing.go:9.16,11.3 1 0\n"} {
		if status != 0 || err != nil || !strings.Contains(text, want) || strings.Contains(text, "TestFails") {
			t.Errorf("status %d, %v, no %q\n%.500s\n%s", status, err, want, text, complaint)
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

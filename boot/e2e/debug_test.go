//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDebug: gdb stops the machine at main.main and in a function of the program, and
// shows goroutines, arguments and where each call came from.
func TestDebug(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/sums\n\ngo 1.26\n", "main.go": `package main

//go:noinline
func add(a, b int) int {
	println("adding")
	return a + b
}

func main() {
	go func() { select {} }()
	println(add(2, 3))
}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, complaint, status := output(t, "debug", "-q", "-batch", "-ex", "info goroutines", "-ex", "delete", "-ex", "break main.add", "-ex", "continue",
		"-ex", "info args", "-ex", "backtrace", "-ex", "info threads", "-ex", "kernel-threads", "-ex", "continue", dir)
	for _, want := range []string{
		"main.main () at " + dir + "/main.go:9\n", "* 1 running", "  2 waiting", "main.add (a=2, b=3, ~r0=", "a = 2\nb = 3\n",
		"in main.main () at " + dir + "/main.go:11\n", "CPU#0", " running  CPU 0, ", "adding\n5\n",
	} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q in\n%s%s", status, want, out, complaint)
		}
	}
}

// TestCrash: yolk run -crash leaves a file about a program that panicked, with all
// goroutines and the functions of addresses, and none about one that did not.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "crash.txt")
	if _, complaint, status := output(t, "run", "-crash", file, "./testdata/probe", "--", "panic"); status != 134 || !strings.Contains(complaint, "a report of how it ended is in "+file) {
		t.Errorf("status %d, %s", status, complaint)
	}
	text, err := os.ReadFile(file)
	for _, want := range []string{"status   134", "panic: on purpose", "goroutine 1 ", "[force gc (idle)]", "(main.main at "} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%v, no %q in\n%s", err, want, text)
		}
	}
	none := filepath.Join(dir, "none.txt")
	if _, complaint, status := output(t, "run", "-crash", none, "../../apps/helloworld"); status != 0 {
		t.Errorf("status %d, %s", status, complaint)
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("a report of a program that ended well")
	}
}

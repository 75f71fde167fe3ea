//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDebug: gdb stops the machine at main.main and in a function of the program, and
// shows goroutines, arguments and where each call came from.
func TestDebug(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "crash.txt")
	if _, complaint, status := output(t, "run", "-crash", file, "./testdata/probe", "--", "panic"); status != 134 || !strings.Contains(complaint, "a report of how it ended is in "+file) {
		t.Errorf("status %d, %s", status, complaint)
	}
	text, err := os.ReadFile(file)
	for _, want := range []string{"status   134", "panic: on purpose", "goroutine 1 ", "[force gc (idle)]", "(main.main at ", "yolk: thread 1 ", " (runtime.raise at ", "yolk: memory: ", "yolk: region 0x", " r-x\n", " rw-\n"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%v, no %q in\n%s", err, want, text)
		}
	}
	none, times := filepath.Join(dir, "none.txt"), filepath.Join(dir, "times.txt")
	if _, complaint, status := output(t, "run", "-crash", none, "-timeline", times, "../../apps/helloworld"); status != 0 || !strings.Contains(complaint, "a timeline of the boot is in "+times) {
		t.Errorf("status %d, %s", status, complaint)
	}
	phases(t, times)
	if _, err := os.Stat(none); err == nil {
		t.Error("a report of a program that ended well")
	}
}

// TestAssertion: one that fails in kernel context ends the machine with its place.
func TestAssertion(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "run", "-assert", "./testdata/probe", "--", "crash", "assertion")
	if want := regexp.MustCompile(`yolk: assertion failed: kernel/syscalls/system.go:\d+: f\.A0\(\) != 2\r?\n`); status != 134 || !want.MatchString(out) {
		t.Errorf("status %d, %s%s", status, out, complaint)
	}
}

// phases checks a timeline of hello world: every phase that there is, in order, with an exact
// number of instructions, together between a and ten million.
func phases(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	rest := strings.ReplaceAll(string(text), "\u202f", "")
	for _, want := range []string{
		"emulator starts", "firmware, loader", "entry, provisional page tables", "memory", "stacks, interrupts, clock", "other processors",
		"options, seed, first thread", "processor's features", "scheduler, heap", "first goroutine", "packages' initialisers", "main.main",
	} {
		_, after, ok := strings.Cut(rest, ": "+want+"\n")
		if !ok {
			_, after, ok = strings.Cut(rest, ", "+want+"\n")
		}
		if err != nil || !ok {
			t.Fatalf("%v, no %q where it should be in\n%s", err, want, text)
		}
		rest = after
	}
	fields := strings.Fields(rest) // 171.0 ms 2254731 first output
	if len(fields) != 5 || fields[4] != "output" {
		t.Fatalf("the end is %q", fields)
	}
	if n, err := strconv.Atoi(fields[2]); err != nil || n < 1e6 || n > 1e7 {
		t.Errorf("%v, %d instructions", err, n)
	}
}

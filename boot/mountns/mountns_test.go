//go:build linux

package mountns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain makes the test binary the process that has places, which runs a shell's lines.
func TestMain(m *testing.M) {
	if text := os.Getenv("MOUNTNS_TEST_PLACES"); text != "" {
		var places []Place
		err := json.Unmarshal([]byte(text), &places)
		if err == nil {
			err = Enter(places)
		}
		if err == nil {
			err = syscall.Exec("/bin/sh", []string{"sh", "-c", os.Args[1]}, os.Environ())
		}
		fmt.Println("enter:", err)
		os.Exit(1)
	}
	// A program with the race detector waits a second at its end, for races of others.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	os.Exit(m.Run())
}

// in runs lines of a shell that sees places.
func in(t *testing.T, places []Place, lines string) string {
	t.Helper()
	text, err := json.Marshal(places)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", lines)
	cmd.Env = append(os.Environ(), "MOUNTNS_TEST_PLACES="+string(text))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := Start(cmd); errors.Is(err, ErrNot) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	return out.String()
}

// TestEnter: a process sees copies and shared folders at their places, beside what the
// computer has there, and begins in the root. What it writes to a copy is its own, to a
// shared folder the computer's, to a protected one refused. Nothing of it is left.
func TestEnter(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("theirs\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	places := []Place{
		{Source: file, Path: "/etc/yolk-test/a/file", Copy: true},
		{Source: dir, Path: "/yolk-test/shared"},
		{Source: dir, Path: "/yolk-test/kept", ReadOnly: true},
	}
	got := in(t, places, `pwd; test -s /etc/passwd && test -d /proc/self && echo ours
cat /etc/yolk-test/a/file; echo changed >/etc/yolk-test/a/file; cat /etc/yolk-test/a/file
echo new >/yolk-test/shared/new; cat /yolk-test/kept/new
echo no 2>&1 >/yolk-test/kept/no || echo kept`)
	for _, want := range []string{"/\nours\ntheirs\nchanged\nnew\n", "kept\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if text, err := os.ReadFile(file); string(text) != "theirs\n" || err != nil {
		t.Errorf("the file that was copied is %q, %v", text, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "new")); string(text) != "new\n" || err != nil {
		t.Errorf("what was written to the shared folder is %q, %v", text, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a protected folder was changed: %v", err)
	}
	if got := in(t, []Place{{Source: dir + "/none", Path: "/yolk-test/x"}}, "echo runs"); !strings.Contains(got, "none: mount: no such file") {
		t.Errorf("a folder that is not there: %q", got)
	}
	if left, err := os.ReadDir(temporary); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestTree: of two files at one place the last is there.
func TestTree(t *testing.T) {
	n := tree([]Place{{Source: "a", Path: "/x/y"}, {Source: "b", Path: "/x/z"}, {Source: "c", Path: "/x/y"}})
	x := n.below["x"]
	if len(n.below) != 1 || x.place != nil || len(x.below) != 2 || x.below["y"].place.Source != "c" {
		t.Errorf("%+v", x)
	}
}

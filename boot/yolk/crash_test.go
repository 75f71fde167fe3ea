package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"yolk/boot/build"
	"yolk/boot/output"
)

// TestCrashReport: a report has what was said last, with the functions at addresses; a
// machine that ended well leaves none.
func TestCrashReport(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &build.Result{ELF: self, Package: &build.Package{ImportPath: "example.com/it"}}
	file := filepath.Join(t.TempDir(), "crash.txt")
	c, err := newCrashReport(file)
	if err != nil {
		t.Fatal(err)
	}
	out := c.watch(io.Discard)
	long := strings.Repeat("x", 63) + "\n"
	for i := range 3 * crashTail / len(long) {
		fmt.Fprintf(out, "%06d%s", i, long[6:])
	}
	pc := reflect.ValueOf(TestCrashReport).Pointer()
	fmt.Fprintf(out, "panic: at %#x\n", pc+1)
	v := &voice{quiet: true}
	if err := c.save(r, "qemu -x", 0, nil, v); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a report of a good end")
	}
	if err := c.save(r, "qemu -x", 134, errors.New("a reset"), v); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	for _, want := range []string{"program  example.com/it\n", "status   134\n", "error    a reset\n", "machine  qemu -x\n", "TestCrashReport at ", "crash_test.go:"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%v, no %q in\n%.400s", err, want, text)
		}
	}
	if n := len(text); n < crashTail || n > crashTail+2000 || strings.Contains(string(text), "\n000000") {
		t.Errorf("%d bytes", n)
	}
	if none, err := newCrashReport(""); none != nil || err != nil || none.watch(io.Discard) != io.Discard || none.save(r, "", 1, nil, v) != nil {
		t.Error("a report that nobody asked for")
	}
	if _, err := newCrashReport(t.TempDir()); !errors.Is(err, output.ErrFolder) {
		t.Error(err)
	}
}

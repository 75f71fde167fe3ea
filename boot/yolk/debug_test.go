package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestSymbolize names addresses of this test's own code, and leaves all else as it is.
func TestSymbolize(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pc := reflect.ValueOf(TestSymbolize).Pointer()
	report := filepath.Join(t.TempDir(), "report")
	text := fmt.Sprintf("trap at %#x, and 0xfee00000, 0x12, %x\nno end", pc, pc)
	if err := os.WriteFile(report, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, complaint, status := yolk(t, "symbolize", exe, report)
	begin, end := fmt.Sprintf("trap at %#x (yolk/boot/yolk.TestSymbolize at ", pc), fmt.Sprintf("), and 0xfee00000, 0x12, %x\nno end", pc)
	if status != 0 || !strings.HasPrefix(out, begin) || !strings.HasSuffix(out, end) || !strings.Contains(out, "debug_test.go:") {
		t.Errorf("status %d, %q, %q", status, out, complaint)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"symbolize"}, exitUsage, "give the program with symbols"},
		{[]string{"symbolize", report}, exitFailure, "report is no Go program: give the NAME.elf beside the image"},
		{[]string{"symbolize", exe, report + "x"}, exitFailure, "no such file"},
		{[]string{"debug", "-plat", "linuxu"}, exitUsage, "-plat linuxu makes a process"},
	} {
		if out, complaint, status := yolk(t, c.args...); status != c.status || !strings.Contains(complaint, c.want) || out != "" {
			t.Errorf("%q: %d, %q, %q", c.args, status, out, complaint)
		}
	}
}

// TestDebugFailures: what is missing is named, and a gdb that fails ends the machine.
func TestDebugFailures(t *testing.T) {
	dir := program(t)
	started, ended := filepath.Join(t.TempDir(), "started"), filepath.Join(t.TempDir(), "ended")
	emulator(t, "trap 'kill $!; echo >"+ended+"; exit 0' TERM; sleep 100 >/dev/null 2>&1 & echo >"+started+"; wait")
	replace(t, "gdb", "while [ ! -e "+started+" ]; do sleep 0.01; done; exit 3")
	if _, complaint, status := yolk(t, "debug", "-q", "-accel", "tcg", dir); status != exitFailure || complaint != "" {
		t.Errorf("gdb fails: status %d, %q", status, complaint)
	}
	if _, err := os.Stat(ended); err != nil {
		t.Error("the machine was not ended:", err)
	}
	only := t.TempDir()
	if err := os.Symlink(look(t, "go"), filepath.Join(only, "go")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", only)
	if _, complaint, status := yolk(t, "debug", dir); status != exitFailure || !strings.Contains(complaint, "gdb is not installed: its package has that name") {
		t.Errorf("no gdb: status %d, %q", status, complaint)
	}
}

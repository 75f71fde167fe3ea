//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfiles: Go's own tools read what net/http/pprof gives out in a machine.
func TestProfiles(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	running, stop := background(t, yolk(t, "run", "-p", fmt.Sprintf("%d:8080", port), "./testdata/profiled"))
	defer stop()
	ctx, cancel := context.WithTimeout(running, limit)
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d/debug/pprof/", port)
	if page, err := get(ctx, url); err != nil || !strings.Contains(page, "full goroutine stack dump") {
		t.Fatalf("%v, %.300q", err, page)
	}
	for profile, want := range map[string]string{"goroutine": "net/http.(*conn).serve", "allocs": "Type: alloc_space", "profile?seconds=1": "main.spin"} {
		cmd := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", url+profile)
		cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, no %s in\n%s", profile, err, want, out)
		}
	}
	trace, err := get(ctx, url+"trace?seconds=0.1")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(file, []byte(trace), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(ctx, "go", "tool", "trace", "-d=parsed", file).CombinedOutput(); err != nil || !strings.Contains(string(out), "main.busy") {
		t.Errorf("%v, no main.busy in the trace:\n%.2000s", err, out)
	}
}

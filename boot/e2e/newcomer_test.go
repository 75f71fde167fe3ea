//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"yolk/boot/build"
	"yolk/boot/e2e/newcomer"
)

// TestNewcomer: the way of README's first page works in an empty home directory, and
// leaves nothing there but the new folder. The caches are this computer's: what empty ones
// take, scripts/newcomer measures.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	yolk, err := filepath.Abs(os.Getenv("YOLK"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := build.Cache()
	if err != nil {
		t.Fatal(err)
	}
	places, err := exec.Command("go", "env", "GOCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	goCache, goPath, _ := strings.Cut(strings.TrimSpace(string(places)), "\n")
	p := newcomer.Path{Home: t.TempDir(), Yolk: yolk, Port: freePort(t), Env: []string{"YOLK_CACHE=" + cache, "GOCACHE=" + goCache, "GOPATH=" + goPath}}
	ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
	defer cancel()
	steps, err := p.Walk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"hello  go on with: yolk run ./hello", "", "", "Ada greets from a machine without an operating system", "main.main", "disk  qcow2"} {
		if !strings.Contains(steps[i].Output, want) {
			t.Errorf("%s: no %q in\n%s", steps[i].Command, want, steps[i].Output)
		}
	}
	if st, err := os.Stat(filepath.Join(p.Home, "hello/disk/disk.qcow2")); err != nil || st.Size() == 0 {
		t.Error(err)
	}
	left, err := os.ReadDir(p.Home)
	left = slices.DeleteFunc(left, func(e os.DirEntry) bool { return e.Name() == ".config" }) // the go command's own
	if err != nil || len(left) != 1 || left[0].Name() != "hello" {
		t.Errorf("%v, %v are left in the home directory", err, left)
	}
}

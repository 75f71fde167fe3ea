package overlay

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gvisorRoot is the source of the version that go.mod selects.
func gvisorRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", GvisorModule).Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skip("no gVisor source on this machine:", err)
	}
	return dir
}

// TestGvisor: the edits fit the version in go.mod.
func TestGvisor(t *testing.T) {
	root := gvisorRoot(t)
	r, err := Gvisor(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	changed, removed := 0, 0
	for orig, name := range r {
		if _, err := os.Stat(orig); err != nil {
			t.Error(err)
		}
		if name == "" {
			removed++
			continue
		}
		changed++
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Errorf("%s: %v", orig, err)
			continue
		}
		for _, i := range f.Imports {
			if i.Path.Value == `"regexp"` {
				t.Errorf("%s still imports regexp", orig)
			}
		}
	}
	if changed != 6 {
		t.Errorf("%d files changed, want 6", changed)
	}
	if saving := filepath.Join(root, "pkg/tcpip/stack/stack"+savingSuffix); r[saving] != "" || removed < 20 {
		t.Errorf("%d files removed; %s: %q", removed, saving, r[saving])
	}
}

func TestGvisorUnknown(t *testing.T) {
	real, root := gvisorRoot(t), t.TempDir()
	if _, err := Gvisor(root, t.TempDir()); !errors.Is(err, ErrGvisor) {
		t.Errorf("an empty folder: %v", err)
	}
	for _, e := range gvisorEdits {
		text, err := os.ReadFile(filepath.Join(real, e.file))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(root, e.file), string(text))
	}
	put(t, filepath.Join(root, tablesFile), "package stack\n")
	if _, err := Gvisor(root, t.TempDir()); !errors.Is(err, ErrGvisor) || !strings.Contains(err.Error(), tablesFile) {
		t.Errorf("a rewritten file: %v", err)
	}
}

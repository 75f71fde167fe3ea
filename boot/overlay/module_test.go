package overlay

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is the folder of the version that go.mod selects.
func (m *Module) source(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", m.Path).Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("no source of %s on this machine: %v", m.Path, err)
	}
	return dir
}

// TestChange: the edits fit the versions in go.mod.
func TestChange(t *testing.T) {
	for _, m := range Modules {
		t.Run(m.Path, m.testTrim)
	}
}

func (m *Module) testTrim(t *testing.T) {
	r, err := m.Change(m.source(t), t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	edited := map[string]bool{}
	for _, e := range append(m.edits, m.fixes...) {
		edited[e.file] = true
	}
	for _, a := range m.added {
		edited[a.file] = true
	}
	changed, removed := 0, 0
	for orig, name := range r {
		added := slices.ContainsFunc(m.added, func(a addition) bool { return strings.HasSuffix(orig, a.file) })
		if _, err := os.Stat(orig); err != nil != added {
			t.Errorf("%s: added %v, %v", orig, added, err)
		}
		if name == "" {
			removed++
			continue
		}
		changed++
		if _, err := parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Errorf("%s: %v", orig, err)
		}
	}
	if changed != len(edited) {
		t.Errorf("%d files changed, want %d", changed, len(edited))
	}
	if m.dropSuffix != "" && removed < 20 {
		t.Errorf("%d files removed", removed)
	}
}

func TestChangeUnknown(t *testing.T) {
	real, root := gvisor.source(t), t.TempDir()
	if _, err := gvisor.Change(root, t.TempDir(), false); !errors.Is(err, ErrModule) {
		t.Errorf("an empty folder: %v", err)
	}
	for _, e := range append(gvisor.edits, gvisor.fixes...) {
		text, err := os.ReadFile(filepath.Join(real, e.file))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(root, e.file), string(text))
	}
	put(t, filepath.Join(root, tablesFile), "package stack\n")
	if _, err := gvisor.Change(root, t.TempDir(), false); !errors.Is(err, ErrModule) || !strings.Contains(err.Error(), tablesFile) {
		t.Errorf("a rewritten file: %v", err)
	}
}

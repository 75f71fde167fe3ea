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
	r, leftOut, err := m.Change(m.source(t), t.TempDir(), false)
	if err != nil || leftOut != nil {
		t.Fatal(leftOut, err)
	}
	want := len(names(slices.Concat(m.edits, m.fixes))) + len(m.added)
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
	if changed != want {
		t.Errorf("%d files changed, want %d", changed, want)
	}
	if m.dropSuffix != "" && removed < 20 {
		t.Errorf("%d files removed", removed)
	}
}

// TestChangeUnknown: a source whose defects cannot be mended is refused, one that
// cannot be trimmed is mended only, with a line that says so.
func TestChangeUnknown(t *testing.T) {
	if _, _, err := gvisor.Change(t.TempDir(), t.TempDir(), false); !errors.Is(err, ErrModule) {
		t.Errorf("an empty folder: %v", err)
	}
	const trimmed = "pkg/log/log.go" // and not mended
	root := t.TempDir()
	copyFiles(t, gvisor.source(t), root, names(slices.Concat(gvisor.edits, gvisor.fixes)))
	put(t, filepath.Join(root, trimmed), "package log\n")
	r, leftOut, err := gvisor.Change(root, t.TempDir(), false)
	if want := names(gvisor.fixes); err != nil || len(r) != len(want)+len(gvisor.added) {
		t.Errorf("a rewritten file: %d changes, %v", len(r), err)
	}
	if len(leftOut) != 1 || !strings.HasPrefix(leftOut[0], "gvisor.dev/gvisor: "+trimmed+" no longer contains") {
		t.Errorf("what is left out: %q", leftOut)
	}
	put(t, filepath.Join(root, senderFile), "package tcp\n")
	if _, _, err := gvisor.Change(root, t.TempDir(), true); !errors.Is(err, ErrModule) || !strings.Contains(err.Error(), senderFile) {
		t.Errorf("a rewritten file with a defect: %v", err)
	}
}

package build

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestFindRoot: the command works where it was moved or installed, as long as its
// sources are where they were or above it.
func TestFindRoot(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(root, "go.mod"), []byte("module yolk\n"), 0o644), os.Mkdir(filepath.Join(root, "out"), 0o755),
		os.WriteFile(filepath.Join(root, "out/yolk"), nil, 0o755), os.Symlink(filepath.Join(root, "out/yolk"), filepath.Join(elsewhere, "link"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source, binary string
		found          bool
	}{
		{filepath.Join(root, "boot/build/root.go"), "/usr/bin/yolk", true},
		{"yolk/boot/build/root.go", filepath.Join(root, "out/yolk"), true}, // -trimpath
		{"/gone/boot/build/root.go", filepath.Join(root, "out/yolk"), true},
		{"/gone/boot/build/root.go", filepath.Join(elsewhere, "link"), true},
		{"/gone/boot/build/root.go", filepath.Join(elsewhere, "yolk"), false},
		{"yolk/boot/build/root.go", "", false},
	} {
		if got, err := findRoot(c.source, c.binary); (err == nil) != c.found || c.found && got != root || !c.found && !errors.Is(err, ErrNoYolkRoot) {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

package linuxguest

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFollow: links of a package lead to its own files, not to this computer's.
func TestFollow(t *testing.T) {
	tree, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(tree, name) }
	for _, err := range []error{
		os.MkdirAll(at("lib/sub"), 0o755), os.MkdirAll(at("lib64"), 0o755), os.WriteFile(at("lib/sub/a.so.1.2"), nil, 0o644),
		os.Symlink("a.so.1.2", at("lib/sub/a.so.1")), os.Symlink("/lib/sub/a.so.1", at("lib64/a.so")), os.Symlink("/lib/none", at("lib64/none")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lib64/a.so", "lib/sub/a.so.1", "lib/sub/a.so.1.2"} {
		if got, err := follow(tree, at(name)); got != at("lib/sub/a.so.1.2") || err != nil {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if got, err := follow(tree, at("lib64/none")); err == nil {
		t.Errorf("a link to nothing is one to %s", got)
	}
}

package overlay

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPlaceAssertions: the calls get file, line and condition, and no line moves.
func TestPlaceAssertions(t *testing.T) {
	const src = `package p

func f() {
	if assert.On {
		assert.That(a < b)
		klog.Assert(a ||
			x("y", 1))
		other.That(a)
	}
}
`
	const want = `package p

func f() {
	if assert.On {
		assert.ThatAt(a < b, "d/p.go:5: a < b")
		klog.AssertAt(a ||
			x("y", 1), "d/p.go:6: a || x(\"y\", 1)")
		other.That(a)
	}
}
`
	got, err := placeAssertions("d/p.go", []byte(src))
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := placeAssertions("p.go", []byte("package")); err == nil {
		t.Error("a file that is no Go was accepted")
	}
}

// TestAssertions: the files that have any are found, and others are left alone.
func TestAssertions(t *testing.T) {
	root, cache := t.TempDir(), t.TempDir()
	const with = "package p\n\nfunc check() {\n\tassert.That(true)\n}\n"
	for _, f := range []struct{ folder, name, text string }{
		{"kernel", "a.go", with}, {"drivers", "a.go", "package x\n"}, {"netdev", "a_test.go", with}, {"plat", "a.md", with}, {"boot", "a.go", with},
	} {
		path := filepath.Join(root, f.folder, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	replace, err := Assertions(root, cache)
	if err != nil || len(replace) != 1 || replace[filepath.Join(root, "kernel", "a.go")] == "" {
		t.Errorf("%v, %v", replace, err)
	}
}

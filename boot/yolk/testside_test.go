package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestCoverBesideSide: with -coverprofile a package's own side: is left out, and that is said.
func TestCoverBesideSide(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "yolk.yaml"), []byte("side: frames\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	one, err := os.Create(filepath.Join(dir, "one"))
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	for _, p := range []*profile{nil, {one: one}} {
		run, flags := &testRun{profile: p}, pflag.NewFlagSet("test", pflag.ContinueOnError)
		run.add(flags)
		was := os.Stderr
		os.Stderr = w
		own, err := run.of(flags, dir)
		os.Stderr = was
		want := filepath.Join(dir, "frames")
		if p != nil {
			want = one.Name()
		}
		if err != nil || own.m.side != want {
			t.Errorf("%v, the console goes to %s, not %s", err, own.m.side, want)
		}
	}
	w.Close()
	said, _ := io.ReadAll(r)
	if want := dir + ": without side: " + filepath.Join(dir, "frames"); strings.Count(string(said), want) != 1 {
		t.Errorf("%q, not once %q", said, want)
	}
}

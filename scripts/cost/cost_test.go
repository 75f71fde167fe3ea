package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"yolk/boot/build"
)

const root = "../.."

// unpriced are folders with a README that no image can do without, or that are in none.
var unpriced = map[string]string{
	"arch":              "with the kernel",
	"drivers/videocore": "in each image for the board",
	"plat/linuxu":       "no image",
	"plat/rpi3":         "the platform itself",
}

// TestPublished: the READMEs say what was measured, in this program's words.
func TestPublished(t *testing.T) {
	r, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Libraries) != len(libraries) || len(r.Programs) != len(table) {
		t.Fatalf("%d libraries and %d programs were measured, not %d and %d: make cost", len(r.Libraries), len(r.Programs), len(libraries), len(table))
	}
	for i, l := range libraries {
		if c := r.Libraries[i]; c.What != l.what || c.Bytes <= 0 || l.timed != (c.Instructions > 0) {
			t.Errorf("%+v was measured of %s", c, l.what)
		}
	}
	for name, line := range r.lines() {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := replaceLine(text, line); err != nil || !bytes.Equal(changed, text) {
			t.Errorf("%s: %v; go run ./scripts/cost -publish", name, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := replaceTable(text, r.sizes()); err != nil || !bytes.Equal(changed, text) {
		t.Errorf("README.md: %v; go run ./scripts/cost -publish", err)
	}
}

// TestEveryLibrary: each README of a folder whose code is in images has its line.
func TestEveryLibrary(t *testing.T) {
	for _, folder := range []string{"arch", "drivers", "kernel", "netdev", "plat"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.Name() != "README.md" || strings.Contains(path, "testdata") {
				return err
			}
			name, err := filepath.Rel(root, path)
			priced := slices.ContainsFunc(libraries, func(l library) bool { return l.readme == filepath.ToSlash(name) })
			if why := unpriced[filepath.ToSlash(filepath.Dir(name))]; priced != (why == "") {
				t.Errorf("%s has a cost: %v; has none because %q", name, priced, why)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestOrder: a program that is made of less is smaller, and starts in less; it needs no more
// memory.
func TestOrder(t *testing.T) {
	r, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	var last size
	for _, s := range r.Programs {
		if s.Bytes <= last.Bytes || s.Instructions <= last.Instructions || s.Memory < last.Memory || s.Memory == 0 {
			t.Errorf("%+v behind %+v", s, last)
		}
		last = s
	}
}

// TestRecent: what was measured is still so, of the program that is built quickest.
func TestRecent(t *testing.T) {
	r, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.Version() != r.Go {
		t.Skip("the figures are of " + r.Go)
	}
	t.Setenv("YOLK_CACHE", t.TempDir())
	p, err := build.FindPlatform("kvm", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	built, err := build.Build(t.Context(), build.Options{Target: filepath.Join(root, table[0].dir), Platform: p, Output: filepath.Join(t.TempDir(), "x.yolk")})
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(built.Image)
	if err != nil {
		t.Fatal(err)
	}
	if was, is := r.Programs[0].Bytes, st.Size(); is > was+was/50 || is < was-was/50 {
		t.Errorf("%s has %d bytes, not %d any more: make cost", table[0].name, is, was)
	}
}

// TestCounted reads a timeline.
func TestCounted(t *testing.T) {
	const text = `yolk/apps/daytime on microvm (amd64, tcg)
Time is this computer's, since the emulator was started, without the stops; instructions are exact.

    BEGINS    TAKES  INSTRUCTIONS  WHOSE, WHAT
    0.0 ms  31.6 ms             -  emulator: emulator starts
   31.6 ms   2.9 ms        15` + "\u202f" + `122  emulator: firmware, loader
   34.5 ms   1.8 ms        43` + "\u202f" + `882  kernel: entry, provisional page tables
   56.0 ms   7.2 ms           606  kernel: options, seed, first thread
  144.2 ms  41.9 ms     1` + "\u202f" + `205` + "\u202f" + `948  program: main.main
  216.4 ms  47.4 ms           100  kernel: network comes up
  263.8 ms              3` + "\u202f" + `465` + "\u202f" + `489  first output
`
	if s, err := counted(text); err != nil || s != (start{3465489, 43882 + 606}) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := counted(strings.ReplaceAll(text, "3\u202f465\u202f489", "-")); err == nil {
		t.Error("a timeline without instructions was read")
	}
}

// TestReplace: lines and tables go where they are marked, and nowhere else.
func TestReplace(t *testing.T) {
	line, err := replaceLine([]byte("a\n\n**old** "+mark+"\nb\n"), "new "+mark)
	if err != nil || string(line) != "a\n\nnew "+mark+"\nb\n" {
		t.Errorf("%q, %v", line, err)
	}
	text, err := replaceTable([]byte("a\n"+begin+"old\n"+end+"b\n"), "new\n")
	if err != nil || string(text) != "a\n"+begin+"new\n"+end+"b\n" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := replaceLine([]byte("a\n"), "x"); err == nil {
		t.Error("a file without a mark was changed")
	}
	if _, err := replaceTable([]byte("a\n"+end+begin), "x"); err == nil {
		t.Error("a file without marks was changed")
	}
	if got := grouped(-1234567) + " " + grouped(12) + " " + rounded(1234567); got != "-1 234 567 12 1 235 000" {
		t.Error(got)
	}
	if got := strings.Join(buildFlags([]string{"-side", "x", "-v", "a:/b", "-net", "user", "-plat", "rpi3"}), " "); got != "-side -volumes -plat rpi3" {
		t.Error(got)
	}
}

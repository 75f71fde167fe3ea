package build

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"yolk/boot/overlay"
	"yolk/kernel/abi"
)

// TestAssertions: an image has assertions, with file, line and condition, if they are asked
// for; if not it is byte for byte what it would be if nobody had written any.
func TestAssertions(t *testing.T) {
	t.Setenv("YOLK_CACHE", t.TempDir())
	off := helloworld(t, Options{}, nil)
	on := helloworld(t, Options{Assert: true}, nil)
	// Of two kinds: where On is asked, and in a function that is called from there.
	placed := regexp.MustCompile(`kernel/sched/wait.go:\d+: \*b != 0|kernel/sched/queue.go:\d+: n == c\.waiting`)
	if with, without := len(placed.FindAll(on, -1)), len(placed.FindAll(off, -1)); with != 2 || without != 0 {
		t.Errorf("of two assertions there are %d if they are asked for, and %d if not", with, without)
	}
	if none := helloworld(t, Options{}, withoutAssertions(t)); !bytes.Equal(off, none) {
		t.Errorf("assertions that are off have changed the image: %d bytes, without them %d", len(off), len(none))
	}
}

// helloworld is the image of that program from its first function on. Before that are the
// headers that the linker gave the program, with where its debug information was.
func helloworld(t *testing.T, o Options, change overlay.Replace) []byte {
	t.Helper()
	o.Target = "yolk/apps/helloworld"
	var err error
	if o.Platform, err = FindPlatform("kvm", "amd64"); err != nil {
		t.Fatal(err)
	}
	b := &builder{o: &o}
	if err := b.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	maps.Copy(b.replace, change)
	r, err := b.make(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(r.Image)
	if err != nil {
		t.Fatal(err)
	}
	return image[2*abi.PageSize:]
}

// assertUses is by whom a file without assertions still uses the packages of theirs.
var assertUses = map[string]*regexp.Regexp{"assert": regexp.MustCompile(`\bassert\.`), "klog": regexp.MustCompile(`\bklog\.`)}

// blank empties the lines of the statements that ask for assertions.
func blank(src string) string {
	lines := strings.Split(src, "\n")
	end := "" // how the statement's last line reads
	for i, line := range lines {
		if text := strings.TrimLeft(line, "\t"); end == "" && strings.HasPrefix(text, "if assert.On") {
			end = strings.TrimSuffix(line, text) + "}"
		}
		if end == "" {
			continue
		}
		if lines[i] = ""; line == end {
			end = ""
		}
	}
	src = strings.Join(lines, "\n")
	for name, use := range assertUses {
		if !use.MatchString(src) {
			src = regexp.MustCompile(`\t"yolk/kernel/[^"]*`+name+`"`).ReplaceAllString(src, "")
		}
	}
	return src
}

// withoutAssertions are Yolk's files that have any, without, each line at its place.
func withoutAssertions(t *testing.T) overlay.Replace {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	changed, cache := overlay.Replace{}, t.TempDir()
	for _, folder := range []string{"kernel", "drivers", "netdev", "plat"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(src, []byte("if assert.On")) {
				return err
			}
			changed[path], err = overlay.Keep(cache, filepath.Base(path), []byte(blank(string(src))))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(changed) < 8 {
		t.Fatalf("only %d files have assertions", len(changed))
	}
	return changed
}

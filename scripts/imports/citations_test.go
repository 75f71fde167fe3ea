package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ours are our folders. In text a path below one is cited where nothing of a path is before
// it. What names a file of Linux ends in .ko, .h or .tbl.
var ours = []string{"arch/", "kernel/", "boot/", "drivers/", "netdev/", "plat/", "apps/", "scripts/"}

var (
	pathBefore = regexp.MustCompile(`[\w/.-]$`)
	pathAfter  = regexp.MustCompile(`^[\w./*-]*[\w*]`)
)

// cited returns the paths that a text cites. Searches for the folders' names spare the
// expressions nearly all of it.
func cited(text string) (paths []string) {
	for _, folder := range ours {
		for at, next := 0, 0; ; at += next {
			if next = strings.Index(text[at:], folder); next < 0 {
				break
			}
			begin := at + next
			next += len(folder)
			if rest := pathAfter.FindString(text[begin+len(folder):]); rest != "" && !pathBefore.MatchString(text[max(begin-1, 0):begin]) {
				paths = append(paths, folder+rest)
			}
		}
	}
	return paths
}

// elsewhere is what only those know who made Yolk: their design papers, by name or by
// number, and their machines.
var elsewhere = regexp.MustCompile(`DESIGN\.md|STYLE\.md|\.\./shared|[^/]\bshared/|\bDESIGN\b`)

// outside returns what of that a text cites first, or "".
func outside(text string) string {
	if !strings.Contains(text, "DESIGN") && !strings.Contains(text, "STYLE") && !strings.Contains(text, "shared") {
		return ""
	}
	return elsewhere.FindString(text)
}

// TestCitations: texts cite what is in the repository, and no file that has moved.
func TestCitations(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "ls-files", "*.go", "*.s", "*.md", "*.txt", "Makefile", "scripts/setup").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil || name == "scripts/imports/citations_test.go" {
			continue
		}
		if s := outside(string(text)); s != "" {
			t.Errorf("%s cites %s, which is not in the repository", name, s)
		}
		for _, path := range cited(string(text)) {
			if !exists(name, path) {
				t.Errorf("%s cites %s, which is not there", name, path)
			}
		}
	}
}

// exists reports whether a path that the file called name cites is there, from the root
// or from that file's folder; a name in a package may follow.
func exists(name, path string) bool {
	switch filepath.Ext(path) {
	case ".ko", ".h", ".tbl":
		return true
	}
	for _, p := range []string{path, strings.TrimSuffix(path, filepath.Ext(path))} {
		for _, dir := range []string{"", filepath.Dir(name)} {
			if found, _ := filepath.Glob(filepath.Join("../..", dir, p)); len(found) > 0 {
				return true
			}
		}
	}
	return false
}

// TestCitationsFinds checks the checker.
func TestCitationsFinds(t *testing.T) {
	for text, want := range map[string]string{
		"see kernel/mem/none.go.": "kernel/mem/none.go", "`plat/nowhere`": "plat/nowhere", "(drivers/virtio.Nothing/x)": "drivers/virtio.Nothing/x",
		"kernel/mem.Fault, arch/*/entry_*.s, usr/kernel/x, boot/README.md, drivers/net/mii.ko": "",
	} {
		got := ""
		for _, path := range cited(text) {
			if !exists("README.md", path) {
				got = path
			}
		}
		if got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"(DESIGN.md D8)": "DESIGN.md", "D8 of DESIGN": "DESIGN", "../shared/x": "../shared", "a shared page": ""} {
		if got := outside(text); got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// cited is a path below one of our folders, in text. What names a file of Linux ends in
// .ko, .h or .tbl.
var cited = regexp.MustCompile(`(?:^|[^\w/.-])((?:arch|kernel|boot|drivers|netdev|plat|apps|scripts)/[\w./*-]*[\w*])`)

// elsewhere is what only those know who made Yolk: their design papers, by name or by
// number, and their machines.
var elsewhere = regexp.MustCompile(`DESIGN\.md|STYLE\.md|\.\./shared|[^/]\bshared/|\bDESIGN\b`)

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
		if s := elsewhere.Find(text); s != nil {
			t.Errorf("%s cites %s, which is not in the repository", name, s)
		}
		for _, m := range cited.FindAllSubmatch(text, -1) {
			if path := string(m[1]); !exists(name, path) {
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
		for _, m := range cited.FindAllStringSubmatch(text, -1) {
			if !exists("README.md", m[1]) {
				got = m[1]
			}
		}
		if got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
	if !elsewhere.MatchString("(DESIGN.md D8)") {
		t.Error("the design is not found")
	}
}

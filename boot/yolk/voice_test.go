package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestQuietly: with -q there is nothing but the result, with -json that is for programs.
func TestQuietly(t *testing.T) {
	dir := program(t)
	t.Chdir(t.TempDir())
	emulator(t, "echo out; echo said >&2; exit 3")
	if out, complaint, status := yolk(t, "build", "-q", dir); out != "" || complaint != "" || status != 0 {
		t.Errorf("build -q: %q, %q, %d", out, complaint, status)
	}
	out, _, status := yolk(t, "build", "-json", dir)
	var image builtImage
	if err := json.Unmarshal([]byte(out), &image); err != nil || status != 0 {
		t.Fatalf("build -json: %q, %v, %d", out, err, status)
	}
	if st, err := os.Stat(image.Image); err != nil || st.Size() != image.Bytes || image.ELF != "nothing.elf" || image.Package != "example.com/nothing" || image.Arch != "amd64" || image.Packages < 5 {
		t.Errorf("build -json: %+v, %v", image, err)
	}
	out, complaint, status := yolk(t, "run", "-q", "-json", "-accel", "tcg", dir)
	_, line, _ := strings.Cut(complaint, "\n{")
	line, _, _ = strings.Cut(line, "\n")
	var ran ranImage
	if err := json.Unmarshal([]byte("{"+line), &ran); err != nil || out != "out\n" || ran.Package != "example.com/nothing" || ran.Error == "" || status != exitMachine {
		t.Errorf("run -q -json: %q, %q, %+v, %v, %d", out, complaint, ran, err, status)
	}
	if strings.Contains(complaint, "software emulation") {
		t.Errorf("run -q: %q", complaint)
	}
	out, _, _ = yolk(t, "list", "-json")
	var l listing
	if err := json.Unmarshal([]byte(out), &l); err != nil || l.Platforms[0].Name != "kvm" || len(l.Go) < 2 || len(l.Programs) < 5 {
		t.Errorf("list -json: %+v, %v", l, err)
	}
	out, _, _ = yolk(t, "list", "-q")
	if strings.TrimSpace(out) != strings.Join(l.Programs, "\n") {
		t.Errorf("list -q: %q", out)
	}
}

// TestSources: a program is given by its files as well, which are all of it, as for go
// run.
func TestSources(t *testing.T) {
	dir := program(t)
	t.Chdir(dir)
	for name, text := range map[string]string{
		"one.go": "package main\n\nfunc main() { println(two) }\n", "two.go": "package main\n\nconst two = 2\n",
		"tool/x.go": "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
	} {
		os.MkdirAll(filepath.Dir(name), 0o755)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ args, out, complaint string }{
		{"build main.go", "main.yolk", ""},
		{"build one.go two.go", "one.yolk", ""},
		{"build -o x.yolk tool/x.go", "x.yolk", ""}, // whose build constraint does not count
		{"build one.go", "", "undefined: two"},
		{"build .", "", "main redeclared"},
		{"build main.go tool/x.go", "", "not in one folder"},
		{"build none.go", "", "no such file: none.go"},
	} {
		out, complaint, status := yolk(t, strings.Fields(c.args)...)
		if !strings.HasPrefix(out, c.out) || !strings.Contains(complaint, c.complaint) || (status == 0) != (c.out != "") {
			t.Errorf("%s: %q, %q, status %d", c.args, out, complaint, status)
		}
	}
}

// TestMissingEmulator names the distribution's package.
func TestMissingEmulator(t *testing.T) {
	dir := program(t)
	if _, complaint, status := yolk(t, "build", "-q", "-o", os.DevNull, dir); status != 0 {
		t.Fatal(complaint)
	}
	only := t.TempDir() // a PATH with the go command alone
	for _, tool := range []string{"go"} {
		if err := os.Symlink(look(t, tool), filepath.Join(only, tool)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", only)
	_, complaint, status := yolk(t, "run", "-q", dir)
	if status != exitMachine || !strings.HasPrefix(complaint, "yolk: qemu-system-x86_64: the emulator is not installed: ") || !strings.Contains(complaint, "install") {
		t.Errorf("status %d, %q", status, complaint)
	}
}

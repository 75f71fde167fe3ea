package overlay

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func host(t *testing.T) Toolchain {
	t.Helper()
	root := runtime.GOROOT()
	if _, err := os.Stat(filepath.Join(root, "src", syscallFile)); err != nil {
		t.Skip("no Go sources on this machine:", err)
	}
	return Toolchain{Root: root, Version: runtime.Version()}
}

// fakeRoot copies the files the edits read from the real GOROOT, so that a
// test can break them.
func fakeRoot(t *testing.T) Toolchain {
	real, dir := host(t), t.TempDir()
	names := map[string]bool{}
	for _, e := range edits {
		names[e.file] = true
	}
	for _, p := range Parts {
		for _, e := range p.edits {
			names[e.file] = true
		}
	}
	for _, r := range replacements {
		names[r.file] = true
	}
	for name := range names {
		text, err := real.read(name)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, "src", name), text)
	}
	return Toolchain{Root: dir, Version: "go1.99.0"}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestGenerateParses(t *testing.T) {
	for _, arch := range archs {
		t.Run(arch, func(t *testing.T) { generateParses(t, arch) })
	}
}

func generateParses(t *testing.T, arch string) {
	r, err := Generate(host(t), arch, t.TempDir(), Parts...)
	if err != nil {
		t.Fatal(err)
	}
	for orig, name := range r {
		if strings.HasSuffix(orig, ".s") {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Errorf("%s: %v", orig, err)
		}
	}
	names := map[string]bool{}
	for _, e := range edits {
		names[e.file] = true
	}
	for _, p := range Parts {
		for _, e := range p.edits {
			names[e.file] = true
		}
	}
	if want := len(names) + len(replacements) + len(additions) + 1; len(r) != want { // 1: the call table
		t.Errorf("%d files replaced or added, want %d: %v", len(r), want, r)
	}
}

func TestGenerateAgainWritesNothing(t *testing.T) {
	cache := t.TempDir()
	r, err := Generate(host(t), "amd64", cache)
	if err != nil {
		t.Fatal(err)
	}
	var one string
	for _, one = range r {
		break
	}
	if err := os.WriteFile(one, []byte("marker"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(host(t), "amd64", cache); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(one); string(b) != "marker" {
		t.Error("the second Generate wrote files that were there already")
	}
}

func TestUnsupported(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new, want string
	}{
		{"changed signature", syscallFile, "func RawSyscall6(trap, a1", "func RawSyscall6(nr, a1",
			`unsupported Go release go1.99.0: syscall/syscall_linux.go no longer contains "func RawSyscall6(trap`},
		{"twice", "runtime/netpoll_epoll.go", "\nfunc netpollBreak() {\n", "\nfunc netpollBreak() {\n}\nfunc netpollBreak() {\n",
			`"func netpollBreak() {" 2 times, not 1; supported: go1.26`},
		{"poller signature", "runtime/netpoll_epoll.go", "func netpoll(delay int64)", "func netpoll(delay int32)",
			`runtime/netpoll_epoll.go no longer contains "func netpoll(delay int64) (gList, int32) {"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tc := fakeRoot(t)
			text, _ := tc.read(c.file)
			changed := strings.Replace(text, c.old, c.new, 1)
			if changed == text {
				t.Fatalf("the test's own text %q is not in %s", c.old, c.file)
			}
			put(t, tc.path(c.file), changed)
			_, err := Generate(tc, "amd64", t.TempDir())
			var ue *UnsupportedError
			if !errors.As(err, &ue) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant an UnsupportedError with %s", err, c.want)
			}
		})
	}
}

func TestUnsupportedFiles(t *testing.T) {
	tc := fakeRoot(t)
	put(t, tc.path("runtime/goos/goos.go"), "package goos")
	if _, err := Generate(tc, "amd64", t.TempDir()); err == nil || !strings.Contains(err.Error(), "runtime/goos/goos.go already exists") {
		t.Errorf("an addition that exists: %v", err)
	}
	os.Remove(tc.path(syscallFile))
	if _, err := Generate(tc, "amd64", t.TempDir()); err == nil || !strings.Contains(err.Error(), "syscall_linux.go is missing") {
		t.Errorf("a missing file: %v", err)
	}
}

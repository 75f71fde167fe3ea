package overlay

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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

// fakeRoot copies the files that are relied on from the real GOROOT, so that a
// test can break them.
func fakeRoot(t *testing.T) Toolchain {
	real, dir := host(t), t.TempDir()
	var files []string
	for _, c := range contract {
		files = append(files, c.file)
	}
	copyFiles(t, real.sources().root, filepath.Join(dir, "src"), files)
	return Toolchain{Root: dir, Version: real.Version}
}

// copyFiles copies files below one folder to another.
func copyFiles(t *testing.T, from, to string, files []string) {
	t.Helper()
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(to, name), string(text))
	}
}

// change replaces text in a file of a release.
func (t Toolchain) change(test *testing.T, file, old, new string) {
	test.Helper()
	path := t.sources().path(file)
	b, err := os.ReadFile(path)
	changed := strings.Replace(string(b), old, new, 1)
	if err != nil || changed == string(b) {
		test.Fatalf("the test's own text %q is not in %s: %v", old, file, err)
	}
	put(test, path, changed)
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
	r, leftOut, err := Generate(host(t), arch, t.TempDir(), Savings...)
	if err != nil || leftOut != nil {
		t.Fatal(leftOut, err)
	}
	for orig, name := range r {
		if strings.HasSuffix(orig, ".s") {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Errorf("%s: %v", orig, err)
		}
	}
	want := len(names(allEdits())) + len(replacements) + len(additions) + 1 // the call table
	for _, s := range Savings {
		want += len(s.added)
	}
	if len(r) != want {
		t.Errorf("%d files replaced or added, want %d: %v", len(r), want, r)
	}
}

// allEdits are those of the standard library, needed or not.
func allEdits() []edit {
	all := slices.Clone(edits)
	for _, s := range Savings {
		all = append(all, s.edits...)
	}
	return all
}

func TestGenerateAgainWritesNothing(t *testing.T) {
	cache := t.TempDir()
	r, _, err := Generate(host(t), "amd64", cache)
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
	if _, _, err := Generate(host(t), "amd64", cache); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(one); string(b) != "marker" {
		t.Error("the second Generate wrote files that were there already")
	}
}

// TestUnsupported: a release without something that Yolk needs is refused, even one
// that is to be tried.
func TestUnsupported(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new, want string
	}{
		{"changed signature", syscallFile, "func RawSyscall6(trap, a1", "func RawSyscall6(nr, a1",
			`unsupported Go release go1.99.0: syscall/syscall_linux.go no longer contains "func RawSyscall6(trap`},
		{"twice", netpollFile, "\nfunc netpollBreak() {\n", "\nfunc netpollBreak() {\n}\nfunc netpollBreak() {\n",
			`"func netpollBreak() {" 2 times, not 1; tested are go1.26`},
		{"poller signature", netpollFile, "func netpoll(delay int64)", "func netpoll(delay int32)",
			`runtime/netpoll_epoll.go no longer contains "func netpoll(delay int64) (gList, int32) {"`},
		{"a word in g", "runtime/runtime2.go", "\tstack       stack ", "\tmore int\n\tstack1      stack ",
			`runtime/runtime2.go no longer contains "stack       stack   // offset known to runtime/cgo`},
		{"a call's number", "runtime/sys_linux_arm64.s", "SYS_futex\t\t98", "SYS_futex\t\t99", `runtime/sys_linux_arm64.s no longer contains "#define SYS_futex`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tc := fakeRoot(t)
			tc.Version = "go1.99.0"
			tc.change(t, c.file, c.old, c.new)
			_, _, err := Generate(tc, "amd64", t.TempDir())
			var ue *UnsupportedError
			if !errors.As(err, &ue) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant an UnsupportedError with %s", err, c.want)
			}
		})
	}
}

func TestUnsupportedFiles(t *testing.T) {
	tc := fakeRoot(t)
	put(t, tc.sources().path("runtime/goos/goos.go"), "package goos")
	if _, _, err := Generate(tc, "amd64", t.TempDir()); err == nil || !strings.Contains(err.Error(), "runtime/goos/goos.go already exists") {
		t.Errorf("an addition that exists: %v", err)
	}
	tc = fakeRoot(t)
	os.Remove(tc.sources().path(syscallFile))
	if _, _, err := Generate(tc, "amd64", t.TempDir()); err == nil || !strings.Contains(err.Error(), "syscall_linux.go is missing") {
		t.Errorf("a missing file: %v", err)
	}
}

// TestSavingLeftOut: what only saves is left out where it does not fit, the whole of
// it, and that is said; the rest is there.
func TestSavingLeftOut(t *testing.T) {
	tc := fakeRoot(t)
	tc.Version = "go1.99.0"
	tc.change(t, metricsFile, "\tmetricsInit = true\n", "\tmetricsInit = bool(true)\n")
	r, leftOut, err := Generate(tc, "amd64", t.TempDir(), Savings...)
	if err != nil {
		t.Fatal(err)
	}
	const want = `go1.99.0: runtime/metrics.go no longer contains "metricsInit = true", so the image carries the table of metrics`
	if !slices.Equal(leftOut, []string{want}) {
		t.Errorf("said %q, want %q", leftOut, want)
	}
	for _, name := range names(allEdits()) {
		if (r[tc.sources().path(name)] == "") != (name == metricsFile) {
			t.Errorf("%s is changed: %v", name, name == metricsFile)
		}
	}
}

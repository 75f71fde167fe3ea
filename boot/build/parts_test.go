package build

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"yolk/boot/overlay"
)

func TestFindPlatform(t *testing.T) {
	for _, c := range []struct{ name, arch, want string }{
		{"kvm", "", ""},
		{"kvm", "amd64", ""},
		{"kvm", "arm64", ""},
		{"rpi3", "", ""},
		{"linuxu", "", ""},
		{"xen", "", `unknown platform "xen": there are kvm, rpi3, linuxu`},
		{"kvm", "mips", `no architecture "mips": there is amd64, arm64`},
	} {
		_, err := FindPlatform(c.name, c.arch)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.name, c.arch, err)
		}
	}
}

// TestParts: what a program of each kind is given, on each platform.
func TestParts(t *testing.T) {
	for _, c := range []struct {
		plat string
		use  use
		want string // folders of plat, and of kernel/posix
	}{
		{"kvm", use{Package: &Package{}, prints: true}, "kvm printonly"},
		{"kvm", use{Package: &Package{}}, "kvm kvm/files"},
		{"kvm", use{Package: &Package{UsesNet: true}}, "kvm kvm/files kvm/net"},
		{"kvm", use{Package: &Package{UsesNetdev: true}, prints: true}, "kvm printonly kvm/netdev"},
		{"kvm", use{Package: &Package{UsesNetdev: true}, side: true}, "kvm kvm/files kvm/netdev kvm/side"},
		{"kvm", use{Package: &Package{UsesNetdev: true}, side: true, prints: true}, "kvm printonly kvm/netdev"},
		{"kvm", use{Package: &Package{ownCalls: true}}, "kvm kvm/files allcalls"},
		{"kvm", use{Package: &Package{opensSockets: true}, status: true}, "kvm kvm/files kvm/net kvm/status"},
		{"rpi3", use{Package: &Package{UsesNet: true}, status: true}, "rpi3 rpi3/files rpi3/net rpi3/usbfile rpi3/status"},
		{"kvm", use{Package: &Package{}, test: true}, "kvm kvm/files allcalls"},
		{"kvm", use{Package: &Package{opensSockets: true, ownCalls: true}}, "kvm kvm/files kvm/net netcalls allcalls"},
		{"rpi3", use{Package: &Package{UsesNet: true, UsesNetdev: true}, side: true}, "rpi3 rpi3/files rpi3/net rpi3/netdev rpi3/usbfile"},
		{"rpi3", use{Package: &Package{UsesNetdev: true}, prints: true}, "rpi3 printonly rpi3/netdev"},
		{"linuxu", use{Package: &Package{UsesNet: true, UsesNetdev: true, ownCalls: true}, side: true}, "linuxu"},
	} {
		p, err := FindPlatform(c.plat, "")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer("yolk/plat/", "", "yolk/kernel/posix/", "").Replace(strings.Join(p.imports(&c.use), " "))
		if got != c.want {
			t.Errorf("%s, %+v: %s, want %s", c.plat, c.use, got, c.want)
		}
	}
}

// TestPartsExist: a platform's parts are in the table, and have packages.
func TestPartsExist(t *testing.T) {
	for _, p := range Platforms {
		for _, name := range p.parts {
			i := slices.IndexFunc(parts, func(q part) bool { return q.name == name })
			if i < 0 {
				t.Errorf("%s: no part is named %s", p.Name, name)
				continue
			}
			dir := strings.Replace(strings.TrimPrefix(parts[i].path, "yolk/"), "*", p.Name, 1)
			if files, _ := filepath.Glob(filepath.Join("../..", dir, "*.go")); len(files) == 0 {
				t.Errorf("%s: there is no package %s", p.Name, dir)
			}
		}
	}
}

func TestCheckMachine(t *testing.T) {
	p, _ := FindPlatform("kvm", "")
	if m, err := p.CheckMachine(""); m != "microvm" || err != nil {
		t.Error(m, err)
	}
	if m, err := p.CheckMachine("q35,smm=on"); m != "q35,smm=on" || err != nil {
		t.Error(m, err)
	}
	if _, err := p.CheckMachine("pc"); err == nil || !strings.Contains(err.Error(), "microvm, q35") {
		t.Error(err)
	}
}

func TestProgramName(t *testing.T) {
	for path, want := range map[string]string{"a/b": "b", "a/b/v2": "b", "v2": "v2", "a/v2x": "v2x", "a/b/v2/cmd": "cmd"} {
		if got := programName(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestMakesCalls: who imports package syscall may make calls that need all of the kernel's
// files, unless it makes none but those that need no file.
func TestMakesCalls(t *testing.T) {
	const pin = "func f() { syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, 8, 0) }"
	for _, c := range []struct {
		imports string
		body    string
		want    bool
	}{
		{`"syscall"`, pin, false},
		{`"syscall"`, pin + "\nvar g = syscall.SIGTERM", true},
		{`"syscall"`, "func f() { syscall.RawSyscall(syscall.SYS_EPOLL_CREATE1, 0, 0, 0) }", true},
		{`"syscall"`, "func f(n uintptr) { syscall.Syscall(n, 0, 0, 0) }", true},
		{`"syscall"`, "func f() { call(syscall.SYS_GETTID) }", true},
		{`"syscall"`, "var f = syscall.Dup3", true},
		{`. "syscall"`, "var f = Dup3", true},
		{`"syscall"`, pin + "\n\n//go:linkname mount syscall.mount\nfunc mount()", true},
		{`"golang.org/x/sys/unix"`, "var f = unix.Dup3", true},
		{`"os"`, "var f = os.Open", false},
		{`"syscall"`, "not Go", true},
	} {
		dir := module(t, map[string]string{"x.go": "package x\n\nimport " + c.imports + "\n\n" + c.body + "\n"})
		l := listed{Dir: dir, GoFiles: []string{"x.go"}, Imports: []string{strings.Trim(c.imports, ". \"")}}
		if got := l.makesCalls(); got != c.want {
			t.Errorf("%s: %v", c.body, got)
		}
		if l.Standard = true; l.makesCalls() {
			t.Errorf("%s in the standard library counts", c.body)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		path, dir string
		want      bool
	}{{"/a/b", "/a", true}, {"/a", "/a", true}, {"/ab", "/a", false}, {"/a", "/a/b", false}, {"/a/..b", "/a", true}, {"/a", "", false}} {
		if within(c.path, c.dir) != c.want {
			t.Errorf("within(%s, %s) is not %v", c.path, c.dir, c.want)
		}
	}
}

// TestLinkRoot: a toolchain in the module cache is reached through a link.
func TestLinkRoot(t *testing.T) {
	cache := t.TempDir()
	for _, root := range []string{"/mod/toolchain@v1", "/mod/toolchain@v1", "/elsewhere"} {
		link, err := linkRoot(cache, goEnv{GOROOT: root, GOVERSION: "go1.26.9"})
		if err != nil || !within(link, cache) {
			t.Fatal(link, err)
		}
		if dst, err := os.Readlink(link); dst != root || err != nil {
			t.Errorf("%s leads to %s, %v, want %s", link, dst, err, root)
		}
	}
}

// TestReal: a folder below the link is named as it is below GOROOT.
func TestReal(t *testing.T) {
	tc := toolchain{overlay.Toolchain{Root: "/cache/goroot/go1.27.4"}, "/mod/go1.27.4", "/mod"}
	for dir, want := range map[string]string{"/cache/goroot/go1.27.4/src/io": "/mod/go1.27.4/src/io", "/home/prog": "/home/prog"} {
		if got := tc.real(dir); got != want {
			t.Errorf("%s is %s, want %s", dir, got, want)
		}
	}
}

func TestWorkspaceText(t *testing.T) {
	w := workspace{use: []string{"/a", "/with space/b"}, replace: []string{"x v1 => /x"}}
	w.need("1.25", "old")
	w.need("1.26.5", "newest")
	w.need("1.26rc1", "candidate")
	if got, want := w.text(), "go 1.26.5\n\nuse /a\nuse \"/with space/b\"\nreplace x v1 => /x\n"; got != want || w.neededBy != "newest" {
		t.Errorf("got %q for %s\nwant %q", got, w.neededBy, want)
	}
}

// TestWorkspaceSums: checksums found for one workspace serve the next form of
// it, and forms do not overwrite each other.
func TestWorkspaceSums(t *testing.T) {
	cache := t.TempDir()
	w := workspace{goVersion: "1.25", use: []string{"/a"}}
	first, err := w.write(cache)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(first+".sum", []byte("sums"), 0o644)
	w.replace = []string{"x v1 => /x"}
	second, err := w.write(cache)
	if err != nil || second == first {
		t.Fatal(second, err)
	}
	if b, err := os.ReadFile(second + ".sum"); string(b) != "sums" {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := os.ReadFile(first); string(b) != "go 1.25\n\nuse /a\n" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestWatcher(t *testing.T) {
	w := &watcher{progress: &Progress{}, target: "yolk/boot"}
	for _, s := range []string{"runtime\nnet", "/http\n# example.com/x\n", "x.go:1:2: bad\n", "yolk/boot", "\nlast words"} {
		w.Write([]byte(s))
	}
	if w.done != 3 || w.text() != "# example.com/x\nx.go:1:2: bad\nlast words" {
		t.Errorf("%d packages, messages %q", w.done, w.text())
	}
	if want := "compiled 3 packages, linking yolk/boot"; w.progress.text != want {
		t.Errorf("shows %q, want %q", w.progress.text, want)
	}
}

// TestProgress waits for the line itself, not for a time.
func TestProgress(t *testing.T) {
	var b bytes.Buffer
	drawn := make(chan struct{})
	p := NewProgress(writerFunc(func(line []byte) {
		if b.Write(line); b.Len() == len(line) {
			close(drawn)
		}
	}))
	p.Set("compiling %s", "net/http")
	select {
	case <-drawn:
	case <-time.After(20 * time.Second):
		t.Fatal("no line appeared")
	}
	p.Stop()
	p.Stop()
	if s := b.String(); !strings.Contains(s, "s compiling net/http\x1b[K") || !strings.HasSuffix(s, "\r\x1b[K") {
		t.Errorf("%q", s)
	}
	var silent *Progress
	silent.Set("nothing")
	silent.Stop()
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }

func TestCopyModule(t *testing.T) {
	src := t.TempDir()
	for name, text := range map[string]string{"main.go": "package main", "sub/x": "y"} {
		os.MkdirAll(filepath.Dir(filepath.Join(src, name)), 0o755)
		os.WriteFile(filepath.Join(src, name), []byte(text), 0o444)
	}
	mod := filepath.Join(t.TempDir(), "v1.mod")
	os.WriteFile(mod, []byte("module m\n"), 0o444)
	dst := filepath.Join(t.TempDir(), "a", "m@v1")
	if err := copyModule(dst, download{Dir: src, GoMod: mod}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"main.go": "package main", "sub/x": "y", "go.mod": "module m\n"} {
		b, err := os.ReadFile(filepath.Join(dst, name))
		if string(b) != want || err != nil {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	if st, err := os.Stat(filepath.Join(dst, "main.go")); err != nil || st.Mode().Perm()&0o200 == 0 {
		t.Errorf("the copy cannot be written: %v %v", st.Mode(), err)
	}
}

func TestExpand(t *testing.T) {
	dir := module(t, map[string]string{"go.mod": goMod, "a/a.go": "package a\n", "b/b.go": "package b\n"})
	t.Chdir(dir)
	got, err := Expand(context.Background(), "amd64", []string{"fmt", "./..."})
	if want := "fmt example.com/prog/a example.com/prog/b"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Expand(context.Background(), "amd64", []string{"./a/none/..."}); err == nil {
		t.Error("a pattern that matches nothing was accepted")
	}
}

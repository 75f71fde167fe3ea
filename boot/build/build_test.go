package build

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"yolk/boot/image"
	"yolk/boot/overlay"
)

// module writes a folder of files, name by name, and returns it.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	goMod = "module example.com/prog\n\ngo 1.25\n"
	hello = "package main\n\nfunc main() { println(\"hi\") }\n"
)

// build builds target with a cache folder of its own.
func build(t *testing.T, target string, change ...func(*Options)) (*Result, error) {
	t.Helper()
	t.Setenv("YOLK_CACHE", t.TempDir())
	p, err := FindPlatform("kvm", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Target: target, Platform: p}
	for _, c := range change {
		c(&o)
	}
	return Build(context.Background(), o)
}

// files lists the names below dir.
func files(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.Walk(dir, func(name string, _ os.FileInfo, err error) error {
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// TestBuildOutside builds a program of another module, by folder, and finds its
// folder as it was.
func TestBuildOutside(t *testing.T) {
	dir := module(t, map[string]string{"go.mod": goMod, "cmd/tool/v2/main.go": hello, "www/a.txt": "text"})
	before := files(t, dir)
	r, err := build(t, filepath.Join(dir, "cmd/tool/v2"), func(o *Options) {
		o.Files = []image.Files{{Src: filepath.Join(dir, "www"), Dst: "/www"}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "tool" || r.Package.ImportPath != "example.com/prog/cmd/tool/v2" || r.Package.UsesNet {
		t.Errorf("%+v %+v", r, r.Package)
	}
	if after := files(t, dir); after != before {
		t.Errorf("the folder changed:\n%s\n%s", before, after)
	}
	f, err := elf.Open(r.Image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if last := f.Progs[len(f.Progs)-1]; last.Type != elf.PT_LOAD || last.Filesz < 300 || last.Flags != elf.PF_R {
		t.Errorf("no archive at the end of the image: %+v", last.ProgHeader)
	}
}

// TestBuildWorkspace builds a program whose module the user joined with a
// library by a go.work of their own, and a replace directive in it.
func TestBuildWorkspace(t *testing.T) {
	dir := module(t, map[string]string{
		"go.work":      "go 1.25\n\nuse ./prog\nuse ./lib\nreplace example.com/other v1.0.0 => ./other\n",
		"prog/go.mod":  goMod + "\nrequire example.com/other v1.0.0\n",
		"prog/main.go": "package main\n\nimport (\n\t\"example.com/lib\"\n\t\"example.com/other\"\n)\n\nfunc main() { println(lib.X, other.X) }\n",
		"lib/go.mod":   "module example.com/lib\n\ngo 1.25\n", "lib/lib.go": "package lib\n\nconst X = 1\n",
		"other/go.mod": "module example.com/other\n", "other/other.go": "package other\n\nconst X = 2\n",
	})
	if _, err := build(t, filepath.Join(dir, "prog")); err != nil {
		t.Error(err)
	}
}

// TestBuildNetworkFunction: a program on the packet API finds the cards
// registered, and its image has no network stack and no sockets; no files either, and no
// console driver, unless that is asked for.
func TestBuildNetworkFunction(t *testing.T) {
	board, err := FindPlatform("rpi3", "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := build(t, "yolk/apps/l2fwd", func(o *Options) { o.Platform = board })
	if err != nil {
		t.Fatal(err)
	}
	if !has(t, r, "yolk/drivers/usb/smsc95xx.") || has(t, r, "yolk/kernel/posix/file.") {
		t.Error("a board's image lacks its card, or has files")
	}
	for _, side := range []bool{false, true} {
		r, err := build(t, "yolk/apps/l2fwd", func(o *Options) { o.Side = side })
		if err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]bool{"yolk/drivers/virtio/net.": true, "gvisor.dev/": false, "yolk/kernel/posix/socket.": false, "net.": false,
			"yolk/kernel/posix/file.": side, "yolk/kernel/posix/ramfs.": side, "yolk/kernel/posix/printonly.": !side, "yolk/drivers/virtio/console.": side} {
			if has(t, r, prefix) != want {
				t.Errorf("-side %v: the image has %s: %v", side, prefix, !want)
			}
		}
	}
}

// has reports whether the linker kept a symbol that begins like prefix.
func has(t *testing.T, r *Result, prefix string) bool {
	t.Helper()
	f, err := elf.Open(r.ELF)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return strings.HasPrefix(s.Name, prefix) })
}

// TestBuildMachine: an image carries nothing of another platform's machine.
func TestBuildMachine(t *testing.T) {
	chips := map[string][]string{
		"kvm":  {"yolk/plat/kvm/machine.", "yolk/kernel/chip/gic."},
		"rpi3": {"yolk/plat/rpi3/machine.", "yolk/kernel/chip/bcm2837", "yolk/kernel/chip/uart.Mini", "yolk/kernel/firmware/atags."},
	}
	for of := range chips {
		p, err := FindPlatform(of, "arm64")
		if err != nil {
			t.Fatal(err)
		}
		r, err := build(t, "yolk/apps/helloworld", func(o *Options) { o.Platform = p })
		if err != nil {
			t.Fatal(err)
		}
		for whose, prefixes := range chips {
			for _, prefix := range prefixes {
				if has(t, r, prefix) != (whose == of) {
					t.Errorf("an image for %s: symbols %s*: %v", of, prefix, whose != of)
				}
			}
		}
	}
}

// TestBuildPrinter: a program that prints and exits has no files, one that opens
// any has.
func TestBuildPrinter(t *testing.T) {
	for body, want := range map[string]bool{"os.Stdout.WriteString(os.Args[0]); os.Exit(3)": false, "os.Open(os.Args[0])": true} {
		r, err := build(t, module(t, map[string]string{"go.mod": goMod, "main.go": "package main\n\nimport \"os\"\n\nfunc main() { " + body + " }\n"}))
		if err != nil {
			t.Fatal(err)
		}
		if has(t, r, "yolk/kernel/posix/file.") != want {
			t.Errorf("%s: files in the image: %v", body, !want)
		}
	}
}

// TestKept: what the linker keeps of a program decides whether it gets sockets without
// package net, and what its user is told.
func TestKept(t *testing.T) {
	for function, want := range map[string]struct {
		sockets bool
		note    string
	}{
		"syscall.Getpid":                   {},
		"syscall.socket":                   {sockets: true},
		"golang.org/x/sys/unix.Socket":     {sockets: true},
		"syscall.forkExec":                 {note: "example.com/x may start processes"},
		"net/http.(*Transport).roundTrip":  {note: "-with ca"},
		"crypto/x509.SystemCertPool":       {note: "-with ca"},
		"time.LoadLocation":                {note: "-with zoneinfo"},
		"crypto/x509.(*Certificate).Equal": {},
	} {
		k := kept{function: true}
		if k.opensSockets() != want.sockets {
			t.Errorf("%s: opens sockets: %v", function, !want.sockets)
		}
		got := strings.Join(k.notes(&Package{starters: []string{"example.com/x"}}, &Options{}), "\n")
		if !strings.Contains(got, want.note) || (got == "") != (want.note == "") {
			t.Errorf("%s: notes %q, want %q", function, got, want.note)
		}
		if strings.Contains(want.note, "-with") && len(k.notes(&Package{}, &Options{With: Withs})) != 0 {
			t.Errorf("%s: said though it is there", function)
		}
	}
	if k := (kept{"time.LoadLocation": true, "time/tzdata.loadFromEmbeddedTZData": true}); len(k.notes(&Package{}, &Options{})) != 0 {
		t.Error("a program with time/tzdata is told")
	}
}

// TestGodebug: what GODEBUG is by default is the program's to say, as without Yolk.
func TestGodebug(t *testing.T) {
	prog := func(mod string) map[string]string {
		return map[string]string{"p/go.mod": "module p.example\n\n" + mod, "p/main.go": hello}
	}
	work := prog("go 1.24\n\ngodebug panicnil=1\n")
	work["go.work"] = "go 1.25\n\nuse ./p\n\ngodebug http2client=0\n"
	for name, files := range map[string]map[string]string{
		"old": prog("go 1.20\n"), "oldest": prog(""), "own": prog("go 1.25\n\ngodebug panicnil=1\n"),
		"default": prog("go 1.25\n\ngodebug default=go1.21\n"), "workspace": work,
	} {
		b := prepared(t, filepath.Join(module(t, files), "p"), false)
		list := []string{"list", "-f", "{{.DefaultGODEBUG}}"}
		got, err := b.g.output(t.Context(), list...)
		if err != nil {
			t.Fatal(err)
		}
		want, err := b.g.with("GOWORK=").output(t.Context(), list...)
		if err != nil || string(got) != string(want) || len(got) < 10 {
			t.Errorf("%s: %s, as without Yolk: %s, %v", name, got, want, err)
		}
	}
}

// TestBuildVendored: a vendor folder does not stand in the way.
func TestBuildVendored(t *testing.T) {
	dir := module(t, map[string]string{"go.mod": goMod, "main.go": hello, "vendor/modules.txt": ""})
	t.Setenv("GOFLAGS", "-mod=vendor")
	if _, err := build(t, dir); err != nil {
		t.Error(err)
	}
}

// TestBuildTest builds a package's tests, of both kinds, with its testdata.
func TestBuildTest(t *testing.T) {
	dir := module(t, map[string]string{
		"go.mod": goMod, "p.go": "package p\n", "testdata/x": "some data",
		"in_test.go":  "package p\n\nimport \"testing\"\n\nfunc TestIn(*testing.T) {}\n",
		"out_test.go": "package p_test\n\nimport \"testing\"\n\nfunc TestOut(*testing.T) {}\n",
	})
	r, err := build(t, dir, func(o *Options) { o.Test, o.PackFolder = true, true })
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(r.Image)
	if want := strings.TrimPrefix(dir, "/") + "/testdata/x"; err != nil || !strings.Contains(string(b), want) {
		t.Errorf("the image of %s has no file %s: %v", r.Name, want, err)
	}
}

func TestBuildStandardLibraryTest(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles much of the standard library twice")
	}
	t.Chdir(t.TempDir()) // no module here
	r, err := build(t, "unicode/utf8", func(o *Options) { o.Test = true })
	if err != nil || r.Name != "utf8.test" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRefusals has one message for each thing that cannot become an image.
func TestRefusals(t *testing.T) {
	const cgoFile = "package %s\n\nimport \"C\"\n"
	cgo := func(name string) string { return strings.Replace(cgoFile, "%s", name, 1) }
	for _, c := range []struct {
		name   string
		files  map[string]string
		target string
		test   bool
		want   error
		text   string
	}{
		{"no such folder", nil, "nowhere", false, nil, "no such folder"},
		{"a file", map[string]string{"go.mod": goMod, "main.go": hello}, "main.go", false, nil, "give the folder"},
		{"no module", map[string]string{"main.go": hello}, "", false, ErrNoModule, "go mod init"},
		{"library", map[string]string{"go.mod": goMod, "l.go": "package l\n"}, "", false, ErrNotMain, "package l ("},
		{"empty folder", map[string]string{"go.mod": goMod, "x/y.txt": ""}, "x", false, ErrNoGoFiles, "/x has no Go files"},
		{"other system only", map[string]string{"go.mod": goMod, "main_windows.go": hello}, "", false, ErrNoGoFiles, "no Go files"},
		{"cgo", map[string]string{"go.mod": goMod, "main.go": cgo("main")}, "", false, ErrCgo, "example.com/prog needs cgo"},
		{"cgo in a dependency", map[string]string{"go.mod": goMod, "c/c.go": cgo("c"),
			"main.go": "package main\n\nimport _ \"example.com/prog/c\"\n\nfunc main() {}\n"}, "", false, ErrCgo, "example.com/prog/c needs cgo"},
		{"cgo for one symbol", map[string]string{"go.mod": goMod, "c/c.go": cgo("c") + "const X = 1\n", "c/d.go": "package c\n",
			"main.go": "package main\n\nimport \"example.com/prog/c\"\n\nfunc main() { println(c.X) }\n"}, "", false, ErrCgo, "prog/c (c.go) needs cgo"},
		{"cgo in a file for nobody", map[string]string{"go.mod": goMod, "c/c.go": "//go:build ignore\n\n" + cgo("c"), "c/d.go": "package c\n",
			"main.go": "package main\n\nimport \"example.com/prog/c\"\n\nfunc main() { println(c.X) }\n"}, "", false, ErrCompile, "undefined: c.X"},
		{"missing import", map[string]string{"go.mod": goMod,
			"main.go": "package main\n\nimport _ \"example.com/prog/gone\"\n\nfunc main() {}\n"}, "", false, nil, "example.com/prog/gone"},
		{"type error", map[string]string{"go.mod": goMod, "main.go": "package main\n\nfunc main() { return 1 }\n"}, "", false, ErrCompile, "too many return values"},
		{"our name taken", map[string]string{"go.mod": goMod, "main.go": hello, platFile: "package main\n"}, "", false, nil, "rename it"},
		{"no tests", map[string]string{"go.mod": goMod, "main.go": hello}, "", true, ErrNoTests, "has no tests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := module(t, c.files)
			_, err := build(t, filepath.Join(dir, c.target), func(o *Options) { o.Test = c.test })
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got  %v\nwant %v ... %s", err, c.want, c.text)
			}
		})
	}
}

// TestRefusedPaths: an import path that leads nowhere.
func TestRefusedPaths(t *testing.T) {
	t.Chdir(module(t, map[string]string{"go.mod": goMod}))
	for target, want := range map[string]string{"nowhere": "there is no such folder", "example.com/none/x": "such as example.com/none/x@latest"} {
		if _, err := build(t, target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", target, err, want)
		}
	}
}

func TestRefusedEnvironment(t *testing.T) {
	dir := module(t, map[string]string{"go.mod": goMod, "main.go": hello})
	t.Run("GOAMD64", func(t *testing.T) {
		t.Setenv("GOAMD64", "v4")
		if _, err := build(t, dir); !errors.Is(err, ErrLevel) {
			t.Error(err)
		}
	})
	t.Run("no Go", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := build(t, dir); !errors.Is(err, ErrNoGo) {
			t.Error(err)
		}
	})
	t.Run("no Yolk", func(t *testing.T) {
		t.Setenv("YOLK_ROOT", dir)
		if _, err := build(t, dir); !errors.Is(err, ErrNoYolkRoot) {
			t.Error(err)
		}
	})
}

// TestNewerGo: a module that needs another release than there is is named before
// all that follows from it, whether that release may be downloaded or not.
func TestNewerGo(t *testing.T) {
	const needs = "module example.com/prog\n\ngo 1.99\n"
	later := version.Lang(runtime.Version()) + ".99" // of the line that the tests are made with
	advice := "install " + overlay.Newest()
	if version.Compare(later, overlay.Newest()) > 0 {
		advice = "Yolk is tested with "
	}
	dep := map[string]string{"go.mod": goMod + "\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => ./dep\n",
		"main.go": "package main\n\nimport _ \"example.com/dep\"\n\nfunc main() {}\n", "dep/d.go": "package dep\n",
		"dep/go.mod": "module example.com/dep\n\ngo 1.98\n"}
	for _, c := range []struct {
		name, toolchain string
		files           map[string]string
		start, text     string
	}{
		{"a newer Go", "local", map[string]string{"go.mod": needs, "main.go": hello},
			"example.com/prog needs go1.99; this is go1.", "Yolk is tested with go1.26."},
		{"not to be had", "auto", map[string]string{"go.mod": needs, "main.go": hello},
			"example.com/prog needs go1.99; this is go1.", "the go command failed"},
		{"of a dependency", "local", dep, "", "dep needs go1.98; this is go1."},
		{"a newer minor release", "local", map[string]string{"go.mod": strings.Replace(needs, "go 1.99", "go "+later[2:], 1), "main.go": hello},
			"example.com/prog needs " + later + "; this is go1.", advice},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GOTOOLCHAIN", c.toolchain)
			t.Setenv("GOPROXY", "off")
			_, err := build(t, module(t, c.files))
			var newer *NewerGoError
			if !errors.As(err, &newer) || !strings.HasPrefix(err.Error(), c.start) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got  %v\nwant %s ... %s", err, c.start, c.text)
			}
		})
	}
}

// pretend puts a go command first in PATH whose `go env -json` is edited.
func pretend(t *testing.T, sed string) {
	real, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = env ]; then %s env -json | sed %s; else exec %s \"$@\"; fi\n", real, sed, real)
	bin := module(t, map[string]string{"go": script})
	if err := os.Chmod(filepath.Join(bin, "go"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

// TestToolchainInModuleCache pretends that the Go release was downloaded into
// the module cache, where overlays are refused.
func TestToolchainInModuleCache(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the standard library for another GOROOT")
	}
	pretend(t, `-e 's|"GOMODCACHE": .*|"GOMODCACHE": "`+filepath.Dir(runtime.GOROOT())+`",|'`)
	if _, err := build(t, module(t, map[string]string{"go.mod": goMod, "main.go": hello})); err != nil {
		t.Fatal(err)
	}
	links, _ := filepath.Glob(filepath.Join(os.Getenv("YOLK_CACHE"), "goroot", "go*"))
	if len(links) != 1 {
		t.Errorf("links to toolchains: %q", links)
	}
}

// TestUntestedRelease: a made-up release is refused by name. If it is to be tried, it
// is refused for what it lacks, by name as well.
func TestUntestedRelease(t *testing.T) {
	root := module(t, map[string]string{"src/syscall/syscall_linux.go": "package syscall\n"})
	pretend(t, `-e 's|"GOROOT": .*|"GOROOT": "`+root+`",|' -e 's|"GOVERSION": .*|"GOVERSION": "go1.99.1",|'`)
	dir := module(t, map[string]string{"go.mod": goMod, "main.go": hello})
	_, err := build(t, dir)
	var untested *overlay.UntestedError
	if !errors.As(err, &untested) || !strings.HasPrefix(err.Error(), "unsupported Go release go1.99.1: tested are go1.26.") {
		t.Error(err)
	}
	_, err = build(t, dir, func(o *Options) { o.Untested = true })
	var ue *overlay.UnsupportedError
	if !errors.As(err, &ue) || !strings.HasPrefix(err.Error(), "unsupported Go release go1.99.1: runtime/rt0_linux_amd64.s is missing") {
		t.Error(err)
	}
}

// TestTriedRelease: a release that is not listed, but has what Yolk needs, can be
// tried.
func TestTriedRelease(t *testing.T) {
	pretend(t, `-e 's|"GOVERSION": .*|"GOVERSION": "go1.99.1",|'`)
	dir := module(t, map[string]string{"go.mod": goMod, "main.go": hello})
	if _, err := build(t, dir); err == nil || !strings.Contains(err.Error(), "-untested-go tries this one") {
		t.Error(err)
	}
	if r, err := build(t, dir, func(o *Options) { o.Untested = true }); err != nil || r.LeftOut != nil {
		t.Error(r, err)
	}
}

// TestOtherGVisor: a program that replaces gVisor is told that it is not the one
// which Yolk's corrections are for. If it is to be tried, they must fit.
func TestOtherGVisor(t *testing.T) {
	const path = "gvisor.dev/gvisor"
	m := required(t, path)
	server := "package main\n\nimport \"net\"\n\nfunc main() { net.Listen(\"tcp\", \":80\") }\n"
	program := func(by string) string {
		return module(t, map[string]string{"go.mod": goMod + "\nrequire " + path + " " + m.Version + " // indirect\n\nreplace " + path + " => " + by + "\n", "main.go": server})
	}
	broken := module(t, map[string]string{"go.mod": "module " + path + "\n"})
	for by, problem := range map[string]string{path + " " + m.Version: "", broken: "do not fit"} {
		err := trim(t, program(by), false)
		if want := "gvisor.dev/gvisor of this program is " + strings.ReplaceAll(by, " ", "@"); !errors.Is(err, ErrUnmended) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if err := trim(t, program(by), true); (err == nil) != (problem == "") || err != nil && !strings.Contains(err.Error(), problem) {
			t.Errorf("by %s: %v, want %s", by, err, problem)
		}
	}
}

// prepared does what comes before the program in dir is looked at.
func prepared(t *testing.T, dir string, untested bool) *builder {
	t.Helper()
	t.Setenv("YOLK_CACHE", t.TempDir())
	p, err := FindPlatform("kvm", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{o: &Options{Target: dir, Platform: p, Untested: untested}}
	if err := b.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// trim does what comes before it is compiled, and sees whether the go command takes the
// workspace.
func trim(t *testing.T, dir string, untested bool) error {
	t.Helper()
	b := prepared(t, dir, untested)
	found, err := inspect(t.Context(), b.g, b.pattern, b.list, b.o)
	if err != nil {
		t.Fatal(err)
	}
	b.r = &Result{Package: found}
	if err := b.trim(t.Context()); err != nil {
		return err
	}
	out, err := b.g.output(t.Context(), "list", "-m", "-f", "{{.Dir}}", "gvisor.dev/gvisor")
	if got := strings.TrimSpace(string(out)); !within(got, b.cache) {
		t.Errorf("gVisor is compiled from %s", got)
	}
	return err
}

// required is a module as Yolk itself requires it.
func required(t *testing.T, path string) (m selected) {
	t.Helper()
	g, err := findGo("", "amd64")
	if err == nil {
		err = decode(context.Background(), g, func(v *selected) { m = *v }, "list", "-m", "-json", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

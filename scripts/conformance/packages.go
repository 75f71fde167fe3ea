package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// A pkg is a package of the standard library or of a module that has tests, as it is on one
// architecture.
type pkg struct {
	ImportPath, Dir, Root     string
	TestGoFiles, XTestGoFiles []string

	module *module // nil for the standard library's

	arch  string
	names map[string]bool // its tests, once asked for
	once  sync.Once
}

// A library is the packages with tests for each architecture.
type library struct {
	host  string // GOARCH of this machine
	paths []string
	pkgs  map[string]map[string]*pkg // architecture, import path
}

// target is the environment of all compilations: what an image has.
func target(arch string) []string {
	return []string{"GOOS=linux", "GOARCH=" + arch, "CGO_ENABLED=0"}
}

// listStd lists the packages of the standard library that have tests without
// cgo, on this machine's architecture and those of all configs.
func listStd(ctx context.Context, _ []string) (*library, error) {
	l := newLibrary()
	for arch := range l.pkgs {
		list, err := listFor(ctx, arch, "", "std")
		if err != nil {
			return nil, err
		}
		l.add(arch, list)
	}
	return l, nil
}

// newLibrary returns an empty one for this machine's architecture and those of all configs.
func newLibrary() *library {
	l := &library{host: runtime.GOARCH, pkgs: map[string]map[string]*pkg{runtime.GOARCH: {}}}
	for _, c := range configs {
		l.pkgs[c.arch] = map[string]*pkg{}
	}
	return l
}

func (l *library) add(arch string, list []*pkg) {
	for _, p := range list {
		l.pkgs[arch][p.row()] = p
		l.paths = append(l.paths, p.row())
	}
	slices.Sort(l.paths)
	l.paths = slices.Compact(l.paths)
}

// listFor lists the packages with tests that match pattern in the module that dir, "" for
// this one, belongs to.
func listFor(ctx context.Context, arch, dir, pattern string) (list []*pkg, err error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles", pattern)
	cmd.Dir, cmd.Env = dir, append(cmd.Environ(), target(arch)...)
	if dir != "" {
		cmd.Env = append(cmd.Env, moduleEnv...)
	}
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pattern, err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &pkg{arch: arch, Root: runtime.GOROOT()}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list %s: %w", pattern, err)
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			list = append(list, p)
		}
	}
}

// of returns a package on an architecture, nil where it has no tests.
func (l *library) of(arch, path string) *pkg { return l.pkgs[arch][path] }

// named returns the packages with these import paths, all for none; "net/..."
// names net and all below it.
func (l *library) named(names []string) []string {
	if len(names) == 0 {
		return l.paths
	}
	var out []string
	for _, path := range l.paths {
		if slices.ContainsFunc(names, func(n string) bool {
			tree, ok := strings.CutSuffix(n, "/...")
			return path == n || ok && (path == tree || strings.HasPrefix(path, tree+"/"))
		}) {
			out = append(out, path)
		}
	}
	return out
}

// declares tells whether the package has a test of that name on its
// architecture. It is safe for concurrent use.
func (p *pkg) declares(name string) bool {
	p.once.Do(func() {
		p.names = map[string]bool{}
		for _, file := range append(slices.Clone(p.TestGoFiles), p.XTestGoFiles...) {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				continue // it does not compile either, which is a finding of its own
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
					p.names[fn.Name.Name] = true
				}
			}
		}
	})
	return p.names[name]
}

// row names the package's row of the table.
func (p *pkg) row() string {
	if p.module != nil {
		return p.module.row()
	}
	return p.ImportPath
}

// file is the row's name in file names.
func (p *pkg) file() string { return strings.ReplaceAll(p.row(), "/", "_") }

// everyone is what each image gets besides the package's folder: below GOROOT,
// what a Linux machine has elsewhere (time zones), or several packages share.
var everyone = []string{"lib/time/zoneinfo.zip", "src/testdata", "VERSION", "go.env"}

// trees are further parts of GOROOT that the tests of a package read.
var trees = map[string][]string{
	"compress/lzw":                    {"src/compress/testdata"},
	"compress/zlib":                   {"src/compress/testdata"},
	"crypto":                          {"src/crypto", "src/cmd/go", "src/vendor"},
	"crypto/internal/fips140deps":     {"src/crypto"},
	"crypto/internal/fips140test":     {"src/crypto"},
	"debug/buildinfo":                 {"src/go.mod"},
	"go/build":                        {"src", "api"},
	"go/doc/comment":                  {"src"},
	"go/internal/srcimporter":         {"src"},
	"go/parser":                       {"src/go"},
	"go/printer":                      {"src/go"},
	"go/scanner":                      {"src/go"},
	"go/token":                        {"src/net"},
	"go/types":                        {"src", "test", "api"},
	"html/template":                   {"src/text/template"},
	"image/draw":                      {"src/image/testdata"},
	"image/gif":                       {"src/image/testdata"},
	"image/jpeg":                      {"src/image/testdata"},
	"image/png":                       {"src/image/testdata"},
	"io/ioutil":                       {"src/io"},
	"internal/copyright":              {"src"},
	"internal/godebugs":               {"src", "doc"},
	"internal/platform":               {"src/cmd/dist", "src/go.mod"},
	"internal/reflectlite":            {"src/reflect"},
	"internal/trace":                  {"src/internal/trace"},
	"internal/trace/internal/tracev1": {"src/internal/trace"},
	"internal/types/errors":           {"src"},
	"math/big/internal/asmgen":        {"src/math/big"},
	"path/filepath":                   {"src/unicode"},
	"runtime":                         {"src/runtime", "src/internal"},
	"syscall":                         {"src/syscall"},
}

// memories are for packages whose tests need more than -memory gives.
var memories = map[string]string{"runtime": "2G"}

// moduleEnv is how the go command is run in a module's folder.
var moduleEnv = []string{"GOWORK=off", "GOFLAGS=-mod=mod -buildvcs=false"}

// packed returns the arguments for `yolk test` that pack what p's tests read.
func (p *pkg) packed() []string {
	if p.module != nil {
		args := []string{"-with", "ca,zoneinfo"}
		if p.module.beside != "" {
			path := filepath.Join(p.Dir, p.module.beside)
			args = append(args, "-files", path+":"+path)
		}
		return args
	}
	var args []string
	for _, f := range append(slices.Clone(everyone), trees[p.ImportPath]...) {
		path := filepath.Join(p.Root, f)
		args = append(args, "-files", path+":"+path)
	}
	return args
}

// quick are the packages that -check runs on the first machine unless told
// otherwise: a few seconds each, and together they touch every part of the
// kernel.
var quick = []string{
	"bufio", "bytes", "context", "errors", "fmt", "io", "io/fs", "io/ioutil", "math", "mime/multipart",
	"net/http/httptest", "net/netip", "net/textproto", "os", "os/user", "path/filepath", "reflect", "sort",
	"strings", "sync", "sync/atomic", "text/template", "time", "internal/poll",
}

// slow are those of quick that wait for a minute. They begin first, so that nothing is
// left to wait for alone.
var slow = []string{"os", "time"}

// core are those that -check runs on the other machines: what depends most on
// processors and on the architecture. Those of os and time wait for half a minute each,
// and files are the same code everywhere.
var core = []string{"context", "io/fs", "math", "reflect", "sync", "sync/atomic"}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A pkg is a package of the standard library that has tests.
type pkg struct {
	ImportPath, Dir, Root     string
	TestGoFiles, XTestGoFiles []string
}

type pkgs []*pkg

// target is the environment of all compilations: what an image has.
var target = []string{"GOOS=linux", "GOARCH=" + runtime.GOARCH, "CGO_ENABLED=0"}

// packages lists the packages of the standard library that have tests without
// cgo.
func packages(ctx context.Context) (pkgs, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Dir,Root,TestGoFiles,XTestGoFiles", "std")
	cmd.Env = append(cmd.Environ(), target...)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list std: %w", err)
	}
	var list pkgs
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list std: %w", err)
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			list = append(list, p)
		}
	}
}

// named returns the packages with these import paths; "net/..." names net and
// all below it.
func (l pkgs) named(names []string) pkgs {
	var out pkgs
	for _, p := range l {
		if slices.ContainsFunc(names, func(n string) bool {
			tree, ok := strings.CutSuffix(n, "/...")
			return p.ImportPath == n || ok && (p.ImportPath == tree || strings.HasPrefix(p.ImportPath, tree+"/"))
		}) {
			out = append(out, p)
		}
	}
	return out
}

// file is the package's name in file names.
func (p *pkg) file() string { return strings.ReplaceAll(p.ImportPath, "/", "_") }

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

// packed returns the arguments for `yolk test` that pack what p's tests read.
func (p *pkg) packed() []string {
	var args []string
	for _, f := range append(slices.Clone(everyone), trees[p.ImportPath]...) {
		path := filepath.Join(p.Root, f)
		args = append(args, "-files", path+":"+path)
	}
	return args
}

// quick are the packages that -check runs unless told otherwise: a few seconds
// each, and together they touch every part of the kernel.
var quick = []string{
	"bufio", "bytes", "context", "errors", "fmt", "io", "io/fs", "io/ioutil", "math", "mime/multipart",
	"net/http/httptest", "net/netip", "net/textproto", "os", "os/user", "path/filepath", "reflect", "sort",
	"strings", "sync", "sync/atomic", "text/template", "time", "internal/poll",
}

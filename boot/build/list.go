package build

import (
	"context"
	"fmt"
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"yolk/boot/overlay"
)

// A Package is what the build needs to know about the target.
type Package struct {
	Dir        string // its folder
	ImportPath string
	Name       string // the package clause
	Deps       int    // packages in the program, itself included
	UsesNet    bool   // package net is among them
	UsesNetdev bool   // yolk/netdev is: it drives network devices itself
	Module     string // the folder of its module, "" for the standard library

	opensSockets bool // it does without package net; only linking tells

	starters []string        // packages of it, outside the standard library, that import os/exec
	ownCalls bool            // a package of it, outside the standard library, may make any system call; see makesCalls
	uses     map[string]bool // those of overlay.Modules and of overlay.Savings that it imports itself, by path
	cgo      []string        // dependencies with files that CGO_ENABLED=0 leaves out
}

// sockets reports whether the program has a use for them.
func (p *Package) sockets() bool { return p.UsesNet || p.opensSockets }

// listed is the part of `go list -json` we need.
type listed struct {
	Dir, ImportPath, Name, ForTest string
	Standard, DepOnly              bool
	Imports                        []string
	GoFiles, IgnoredGoFiles        []string
	TestGoFiles, XTestGoFiles      []string
	Module                         *struct{ Path, Version, Dir string }
	Error                          *struct{ Err string }
}

const listFields = "-json=Dir,ImportPath,Name,ForTest,Standard,DepOnly,Imports,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Module,Error"

// inspect lists what pattern names and all its dependencies, without compiling, and
// refuses what cannot become an image.
func inspect(ctx context.Context, g *goTool, pattern []string, list string, o *Options) (*Package, error) {
	args := []string{"list", "-e", "-deps", listFields, "-overlay", list, "-tags", o.tags()}
	if o.Test {
		args = append(args, "-test")
	}
	p := &Package{uses: map[string]bool{}}
	var roots []*listed
	var broken *listed
	err := decode(ctx, g, func(l *listed) {
		p.Deps++
		name, _, _ := strings.Cut(l.ImportPath, " ") // "net [os.test]": compiled again for that test
		p.UsesNet = p.UsesNet || name == "net"
		p.UsesNetdev = p.UsesNetdev || name == "yolk/netdev"
		p.ownCalls = p.ownCalls || l.makesCalls()
		if !l.Standard && slices.Contains(l.Imports, "os/exec") {
			p.starters = append(p.starters, l.ImportPath)
		}
		for _, m := range overlay.Modules {
			if strings.HasPrefix(name, m.Path+"/") {
				p.uses[m.Path] = true
			}
		}
		for _, s := range overlay.Savings {
			p.uses[s.Package] = p.uses[s.Package] || name == s.Package
		}
		if !l.DepOnly && l.ForTest == "" && !strings.HasSuffix(l.ImportPath, ".test") {
			roots = append(roots, l)
		}
		if l.Error != nil && broken == nil {
			broken = l
		}
		if f := l.cgoFile(o); f != "" && !l.Standard {
			p.cgo = append(p.cgo, l.ImportPath+" ("+filepath.Base(f)+")")
		}
	}, append(args, pattern...)...)
	if err != nil {
		return nil, err
	}
	if broken != nil {
		return nil, broken.problem(o)
	}
	if len(roots) != 1 {
		return nil, fmt.Errorf("%s names %d packages: give one", strings.Join(pattern, " "), len(roots))
	}
	l := roots[0]
	p.Dir, p.ImportPath, p.Name = l.Dir, l.ImportPath, l.Name
	if l.Module != nil {
		p.Module = l.Module.Dir
	}
	return p, l.check(o.Test)
}

// check refuses a target that is not a program, or has no tests.
func (l *listed) check(test bool) error {
	switch {
	case test && len(l.TestGoFiles)+len(l.XTestGoFiles) == 0:
		return fmt.Errorf("package %s %w", l.ImportPath, ErrNoTests)
	case !test && l.Name != "main":
		return fmt.Errorf("package %s (%s) %w", l.Name, l.Dir, ErrNotMain)
	}
	return nil
}

// problem turns what go list found wrong with a package into one message.
func (l *listed) problem(o *Options) error {
	text := l.Error.Err
	switch {
	case strings.Contains(text, "not allowed when not using cgo"):
		return fmt.Errorf("package %s %w", l.ImportPath, ErrCgo)
	case !l.DepOnly && strings.Contains(text, "is not in std"):
		return fmt.Errorf("%s: there is no such folder, and no such package of the standard library; what other modules have is PATH@VERSION", l.ImportPath)
	case !l.DepOnly && strings.Contains(text, "no required module provides package"):
		return fmt.Errorf("%s: no module that is required here has this package; name it with its version, such as %[1]s@latest", l.ImportPath)
	case strings.Contains(text, "build constraints exclude all Go files"), strings.Contains(text, "no Go files in"),
		strings.Contains(text, "no non-test Go files in"):
		if l.cgoFile(o) != "" {
			return fmt.Errorf("package %s %w", l.ImportPath, ErrCgo)
		}
		name := l.Dir
		if name == "" {
			name = l.ImportPath
		}
		return fmt.Errorf("%s %w", name, ErrNoGoFiles)
	}
	return fmt.Errorf("package %s: %s", l.ImportPath, strings.TrimSpace(text))
}

// cgoFile returns a file of the package that was left out because it imports
// "C", and for no other reason, or "".
func (l *listed) cgoFile(o *Options) string {
	with := gobuild.Default
	with.GOOS, with.GOARCH, with.CgoEnabled = "linux", o.Platform.Arch, true
	with.BuildTags = strings.Split(o.tags(), ",")
	for _, name := range l.IgnoredGoFiles {
		if match, err := with.MatchFile(l.Dir, name); err != nil || !match {
			continue
		}
		path := filepath.Join(l.Dir, name)
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"C"` }) {
			return path
		}
	}
	return ""
}

package build

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// locate finds the folder in which the go command shall run for a target, and
// the target's name there.
func locate(ctx context.Context, o *Options, cache string) (*goTool, string, error) {
	g, err := findGo("", o.Platform.Arch)
	if err != nil {
		return nil, "", err
	}
	target := o.Target
	if pkg, version, ok := strings.Cut(target, "@"); ok && !isLocal(target) {
		o.Progress.Set("downloading %s", target)
		target, err = fetch(ctx, g, pkg, version, cache)
		if err != nil {
			return nil, "", err
		}
	}
	st, err := os.Stat(target)
	switch {
	case err == nil && st.IsDir():
		target, err = filepath.Abs(target)
		return g.in(target), ".", err
	case err == nil:
		return nil, "", fmt.Errorf("%s is a file: give the folder of its package", target)
	case isLocal(target):
		return nil, "", fmt.Errorf("no such folder: %s", target)
	}
	return g, target, nil // an import path, from the current folder's module
}

// isLocal reports whether target is spelled as a path of the file system.
func isLocal(target string) bool {
	return filepath.IsAbs(target) || target == "." || target == ".." ||
		strings.HasPrefix(target, "./") || strings.HasPrefix(target, "../")
}

// result names the files to be made.
func result(o *Options, p *Package, cache string) *Result {
	name := programName(p.ImportPath)
	if o.Test {
		name += ".test"
	}
	suffix := ".yolk"
	if o.Platform.process {
		suffix = ""
	}
	out := o.Output
	if out == "" && o.InFolder != "" {
		out = filepath.Join(o.InFolder, name+suffix)
	}
	if out == "" {
		key := short(p.Dir, p.ImportPath, o.Platform.Name, o.Platform.Arch, o.tags())
		out = filepath.Join(cache, "image", key, name+suffix)
	}
	if o.Platform.process {
		return &Result{Image: out, ELF: out, Name: name, Package: p}
	}
	return &Result{Image: out, ELF: strings.TrimSuffix(out, ".yolk") + ".elf", Name: name, Package: p}
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// programName is the name `go build` would give the program.
func programName(importPath string) string {
	name := path.Base(importPath)
	if majorVersion.MatchString(name) && path.Dir(importPath) != "." {
		name = path.Base(path.Dir(importPath))
	}
	return name
}

package build

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"yolk/boot/image"
	"yolk/boot/output"
)

// locate finds the folder in which the go command shall run for a target, and
// the target's names there: several if it is given by its files.
func locate(ctx context.Context, o *Options, cache string) (*goTool, []string, error) {
	g, err := findGo("", o.Platform.Arch)
	if err != nil {
		return nil, nil, err
	}
	g.progress = o.Progress
	if len(o.Sources) > 0 {
		return locateSources(g, o)
	}
	target := o.Target
	if pkg, version, ok := strings.Cut(target, "@"); ok && !IsLocal(target) {
		o.Progress.Phase("downloading %s", target)
		target, err = fetch(ctx, g, pkg, version, cache)
		if err != nil {
			return nil, nil, err
		}
		return g.in(target).with("GOWORK=off"), here, nil // whatever is above the cache
	}
	st, err := os.Stat(target)
	switch {
	case err == nil && st.IsDir():
		target, err = filepath.Abs(target)
		return g.in(target), here, err
	case err == nil:
		return nil, nil, fmt.Errorf("%s is a file: give the folder of its package, or its .go files", target)
	case IsLocal(target):
		return nil, nil, fmt.Errorf("no such folder: %s", target)
	}
	return g, []string{target}, nil // an import path, from the current folder's module
}

// here is the package in the folder where the go command runs.
var here = []string{"."}

// locateSources does it for a program that is given by its files, as go run takes them:
// they are the package, whatever else is in their folder.
func locateSources(g *goTool, o *Options) (*goTool, []string, error) {
	dir := filepath.Dir(o.Sources[0])
	var names []string
	for _, s := range o.Sources {
		if filepath.Dir(s) != dir {
			return nil, nil, fmt.Errorf("%s and %s are not in one folder, as the files of a program are", o.Sources[0], s)
		}
		if _, err := os.Stat(s); err != nil {
			return nil, nil, fmt.Errorf("no such file: %s", s)
		}
		names = append(names, filepath.Base(s))
	}
	dir, err := filepath.Abs(dir)
	return g.in(dir), names, err
}

// IsLocal reports whether target is spelled as a path of the file system.
func IsLocal(target string) bool {
	return filepath.IsAbs(target) || target == "." || target == ".." ||
		strings.HasPrefix(target, "./") || strings.HasPrefix(target, "../")
}

// result names the files to be made, which are such that may be.
func result(o *Options, p *Package, cache string) (*Result, error) {
	r := &Result{Name: programName(p.ImportPath), Package: p}
	if len(o.Sources) > 0 { // as go build names it
		r.Name = strings.TrimSuffix(filepath.Base(o.Sources[0]), ".go")
	}
	if o.Test {
		r.Name += ".test"
	}
	file := r.Name + ".yolk"
	if o.Platform.process {
		file = r.Name
	}
	var err error
	if r.Image, err = o.image(file); err != nil {
		return nil, err
	}
	if r.Image == "" {
		key := short(slices.Concat([]string{p.Dir, p.ImportPath, o.Platform.Name, o.Platform.Arch, o.tags(), fmt.Sprint(o.UEFI != nil)}, o.Sources)...)
		r.Image = filepath.Join(cache, "image", key, file)
		if err := os.MkdirAll(filepath.Dir(r.Image), 0o755); err != nil {
			return nil, err
		}
	}
	if r.ELF = r.Image; !o.Platform.process {
		r.ELF, err = output.Place(strings.TrimSuffix(r.Image, ".yolk") + ".elf")
	}
	return r, err
}

// image returns where the image is asked for, "" for the cache: as with go build
// a folder gets it under its own name, and /dev/null is to see whether it builds.
func (o *Options) image(name string) (string, error) {
	out := o.Output
	if st, err := os.Stat(out); err == nil && st.IsDir() {
		out = filepath.Join(out, name)
	}
	switch {
	case out == os.DevNull:
		return "", nil
	case out == "" && o.InFolder != "":
		out = filepath.Join(o.InFolder, name)
	case out == "":
		return "", nil
	}
	place, err := output.Place(out)
	if err == nil && !o.Platform.process { // the go command looks at a program itself
		err = notAnother(place)
	}
	return place, err
}

// notAnother refuses a file with contents that are no image, such as a source file.
func notAnother(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return nil // there is none, or none to be lost by looking
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Size() == 0 {
		return err
	}
	if _, err := image.End(f); err != nil {
		return fmt.Errorf("%s %w", name, ErrOther)
	}
	return nil
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

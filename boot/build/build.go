package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"yolk/boot/image"
	"yolk/boot/overlay"
)

// Options say what to build.
type Options struct {
	Target   string   // a folder, an import path, or PKG@VERSION
	Platform Platform // from [FindPlatform]
	Test     bool     // the package's tests instead of its program
	Tags     string   // more build tags, separated by commas
	LDFlags  string   // more flags for the linker
	Files    []image.Files
	// PackFolder packs the package's folder, at its own path and before Files.
	PackFolder bool
	Output     string // the image; empty for its name in InFolder
	InFolder   string // where an image without Output goes; empty for the cache
	Progress   *Progress
}

// A Result is a built image.
type Result struct {
	Image   string // what the machine boots
	ELF     string // the linker's output with symbols, for a debugger
	Name    string // the program's name
	Package *Package
}

// tags returns all build tags. "yolk" selects the files that only compile
// against the edited standard library.
func (o *Options) tags() string {
	if o.Tags == "" {
		return "yolk"
	}
	return "yolk," + o.Tags
}

// Build makes the image. It reports the first thing that is wrong, in one
// message.
func Build(ctx context.Context, o Options) (*Result, error) {
	if err := checkLevel(os.Getenv("GOAMD64")); err != nil {
		return nil, err
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	cache, err := Cache()
	if err != nil {
		return nil, err
	}
	o.Progress.Set("looking at %s", o.Target)
	g, pattern, err := locate(ctx, &o, cache)
	if err != nil {
		return nil, err
	}
	w, err := newWorkspace(ctx, g, root, filepath.Clean(pattern) != ".")
	if err != nil {
		return nil, err
	}
	work, err := w.write(cache)
	if err != nil {
		return nil, err
	}
	g, tc, err := g.with("GOWORK="+work).settle(ctx, cache)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "yolk-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	list := filepath.Join(tmp, "overlay.json")
	replace, err := overlay.Generate(tc, o.Platform.Arch, cache)
	if err != nil {
		return nil, err
	}
	if err := replace.WriteFile(list); err != nil {
		return nil, err
	}
	p, err := inspect(ctx, g, pattern, list, &o)
	if err != nil {
		return nil, err
	}
	r := result(&o, p, cache)
	link := func(onlyPrints bool) error {
		if err := inject(replace, tmp, p, o.Platform, o.Test, onlyPrints); err != nil {
			return err
		}
		if err := replace.WriteFile(list); err != nil {
			return err
		}
		return compile(ctx, g, pattern, list, &o, r)
	}
	// Whether a program only prints shows in what the linker kept, so a program
	// that might is linked for that first.
	small := !o.Test && !p.UsesNet && len(o.Files) == 0 && !o.PackFolder
	if small {
		if err := link(true); err != nil {
			return nil, err
		}
		if small, err = onlyPrints(r.ELF); err != nil {
			return nil, err
		}
	}
	if !small {
		if err := link(false); err != nil {
			return nil, err
		}
	}
	return r, finish(&o, r)
}

// checkLevel refuses instruction sets that not every machine Yolk starts has.
func checkLevel(level string) error {
	switch level {
	case "", "v1", "v2", "v3":
		return nil
	}
	return fmt.Errorf("GOAMD64=%s: %w; use v1, v2 or v3", level, ErrGOAMD64)
}

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
	out := o.Output
	if out == "" && o.InFolder != "" {
		out = filepath.Join(o.InFolder, name+".yolk")
	}
	if out == "" {
		key := short(p.Dir, p.ImportPath, o.Platform.Name, o.Platform.Arch, o.tags())
		out = filepath.Join(cache, "image", key, name+".yolk")
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

// compile links the ELF file, with the overlay that list describes.
func compile(ctx context.Context, g *goTool, pattern, list string, o *Options, r *Result) error {
	elf, err := filepath.Abs(r.ELF)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(elf), 0o755); err != nil {
		return err
	}
	args := []string{"build", "-v"}
	if o.Test {
		args = []string{"test", "-c", "-v", "-vet=off"}
	}
	ld := fmt.Sprintf("-w -E %s -T %#x %s", o.Platform.entry, o.Platform.textAddr, o.LDFlags)
	args = append(args, "-overlay", list, "-tags", o.tags(), "-ldflags", ld, "-o", elf, pattern)
	o.Progress.Set("compiling")
	out := &watcher{progress: o.Progress}
	cmd := g.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = out, out
	return failure(ctx, cmd.Run(), out.text(), r.Package)
}

// failure explains why a compilation failed, when it did.
func failure(ctx context.Context, err error, text string, p *Package) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.As(err, &exit):
		return err
	case len(p.cgo) > 0 && strings.Contains(text, "undefined:"):
		return fmt.Errorf("%s %w\n%s", strings.Join(p.cgo, ", "), ErrCgo, text)
	}
	return fmt.Errorf("%s %w:\n%s", p.ImportPath, ErrCompile, text)
}

// finish writes the image from the linked program.
func finish(o *Options, r *Result) error {
	o.Progress.Set("writing %s", filepath.Base(r.Image))
	files := o.Files
	if o.PackFolder {
		files = append([]image.Files{{Src: r.Package.Dir, Dst: filepath.ToSlash(r.Package.Dir)}}, files...)
	}
	archive, err := image.Pack(files)
	if err != nil {
		return err
	}
	f, err := os.Open(r.ELF)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := image.Read(f)
	if err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(r.Image), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	err = p.WritePVH(out, archive)
	if err := errors.Join(err, out.Chmod(0o755), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), r.Image)
}

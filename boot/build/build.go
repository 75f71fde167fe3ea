package build

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"yolk/boot/image"
	"yolk/boot/overlay"
)

// Options say what to build.
type Options struct {
	Target    string   // a folder, an import path, or PKG@VERSION
	Sources   []string // the program's files instead
	Platform  Platform // from [FindPlatform]
	Test      bool     // the package's tests instead of its program
	TestFlags []string // more flags for go test, such as -cover
	Tags      string   // more build tags, separated by commas
	LDFlags   string   // more flags for the linker
	Files     []image.Files
	Status    string // the address of a status page in the image, such as ":9100"; "" for none
	Side      bool   // give the program /dev/hvc0, if the platform has [PartSide]
	Volumes   bool   // have it mount folders of the host, if the platform has [PartVolumes]
	Assert    bool   // look at the assertions in Yolk's own code (kernel/abi/assert)
	Untested  bool   // try a Go release, or a module that is mended, that Yolk was not tested with
	// UEFI makes the image a UEFI application (image.WritePE), which starts with the
	// command line that this returns for the program's name.
	UEFI func(program string) (line string, err error)
	With []string // of Withs, what of this machine is packed
	// PackFolder packs the package's folder, and the test data that others of its module
	// have, at their own paths and before Files.
	PackFolder bool
	Output     string // the image, or a folder for it; empty for its name in InFolder
	InFolder   string // where an image without Output goes; empty for the cache
	Progress   *Progress
}

// A Result is a built image.
type Result struct {
	Image   string // what the machine boots
	ELF     string // the linker's output with symbols, for a debugger
	Name    string // the program's name
	Package *Package
	LeftOut []string // what would have made the image smaller, but does not fit, a line each
	Notes   []string // what of the program will fail on a machine, a line each
}

// tags returns all build tags. "yolk" selects the files that only compile
// against the edited standard library; the others tell a program, and Yolk's own code, what
// the image was asked for.
func (o *Options) tags() string {
	var tags []string
	if !o.Platform.process {
		tags = append(tags, "yolk")
	}
	for tag, wanted := range map[string]bool{"yolk_assert": o.Assert, "yolk_side": o.Side, "yolk_volumes": o.Volumes} {
		if wanted {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	if o.Tags != "" {
		tags = append(tags, o.Tags)
	}
	return strings.Join(tags, ",")
}

// Build makes the image. It reports the first thing that is wrong, in one
// message.
func Build(ctx context.Context, o Options) (*Result, error) {
	b := &builder{o: &o}
	return b.build(ctx)
}

func (b *builder) build(ctx context.Context) (*Result, error) {
	o := b.o
	if err := checkLevel(o.Platform.Arch, os.Getenv); err != nil {
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	return b.make(ctx)
}

// make builds what was prepared.
func (b *builder) make(ctx context.Context) (*Result, error) {
	o := b.o
	p, err := inspect(ctx, b.g, b.pattern, b.list, o)
	if err != nil {
		return nil, err
	}
	p.opensSockets = o.Status != "" // the page does
	if within(p.Dir, b.release.modCache) {
		return nil, fmt.Errorf("%s %w as %s@VERSION", p.ImportPath, ErrModCache, p.ImportPath)
	}
	if b.r, err = result(o, p, b.cache); err != nil {
		return nil, err
	}
	if o.Platform.process {
		_, err := b.linkFor(ctx, false)
		return b.r, err
	}
	if err := b.trim(ctx); err != nil {
		return nil, err
	}
	if err := b.link(ctx); err != nil {
		return nil, err
	}
	// The tests of a standard package look for their neighbours below GOROOT.
	p.Dir = b.release.real(p.Dir)
	return b.r, b.finish()
}

// A builder is the state of one build.
type builder struct {
	o       *Options
	cache   string // everything but what is asked for goes there
	release toolchain
	list    string // the overlay's description
	replace overlay.Replace
	w       *workspace
	g       *goTool
	pattern []string // name the target to g
	r       *Result
	used    use // what decided on the parts that it was given last
}

// prepare finds the target's module, joins it with Yolk's, and edits the
// standard library of the release that they select.
func (b *builder) prepare(ctx context.Context) error {
	root, err := Root()
	if err != nil {
		return err
	}
	if b.cache, err = Cache(); err != nil {
		return err
	}
	b.o.Progress.Phase("looking at %s", cmp.Or(b.o.Target, strings.Join(b.o.Sources, " ")))
	g, pattern, err := locate(ctx, b.o, b.cache)
	if err != nil {
		return err
	}
	b.w, err = newWorkspace(ctx, g, root, !slices.Equal(pattern, here))
	if err != nil {
		return err
	}
	b.g = g
	if err := b.useWorkspace(); err != nil {
		return err
	}
	g, tc, err := b.g.settle(ctx, b.cache)
	if err := b.w.check(tc.Version, err); err != nil {
		return err
	}
	b.g, b.pattern, b.release = g, pattern, tc
	if err := b.changeStandard(); err != nil {
		return b.w.check(tc.Version, err)
	}
	if b.o.Assert {
		placed, err := overlay.Assertions(root, b.cache)
		if err != nil {
			return err
		}
		maps.Copy(b.replace, placed)
	}
	return b.writeList()
}

// changeStandard edits the standard library as every program needs it, if the
// release is one that Yolk knows.
func (b *builder) changeStandard() (err error) {
	if b.o.Platform.process { // as it is
		b.replace = overlay.Replace{}
		return nil
	}
	if !b.o.Untested {
		if err := b.release.Tested(); err != nil {
			return err
		}
	}
	b.replace, _, err = overlay.Generate(b.release.Toolchain, b.o.Platform.Arch, b.cache)
	return err
}

// writeList writes the overlay's description, as it is now.
func (b *builder) writeList() (err error) {
	b.list, err = b.replace.Write(b.cache)
	return err
}

// useWorkspace writes the workspace, as it is now, and makes the go command use
// it.
func (b *builder) useWorkspace() error {
	work, err := b.w.write(b.cache)
	b.g = b.g.with("GOWORK=" + work)
	return err
}

// link links the program. Whether it only prints, and whether it opens sockets without
// package net, shows in what the linker kept, so a program that might is linked for the
// lesser first.
func (b *builder) link(ctx context.Context) error {
	p, o := b.r.Package, b.o
	if !o.Test && !p.sockets() && !p.ownCalls && len(o.Files)+len(o.With) == 0 && !o.PackFolder {
		functions, err := b.linkFor(ctx, true)
		if err != nil || onlyPrints(functions) {
			return err
		}
	}
	functions, err := b.linkFor(ctx, false)
	if err == nil && !p.sockets() && functions.opensSockets() {
		p.opensSockets = true
		if err := b.changeModules(ctx); err != nil {
			return err
		}
		functions, err = b.linkFor(ctx, false)
	}
	if err == nil && !o.Test {
		b.r.Notes = functions.notes(p, o)
	}
	return err
}

// linkFor links the program with the imports for one that only prints or not.
func (b *builder) linkFor(ctx context.Context, prints bool) (kept, error) {
	if err := b.inject(ctx, prints); err != nil {
		return nil, err
	}
	if err := b.writeList(); err != nil {
		return nil, err
	}
	if err := compile(ctx, b.g, b.sources(), b.list, b.o, b.r); err != nil || b.o.Platform.process {
		return nil, err
	}
	return keptIn(b.r.ELF)
}

// sources name the target with what is injected into it.
func (b *builder) sources() []string {
	if len(b.o.Sources) == 0 {
		return b.pattern
	}
	return append(slices.Clip(b.pattern), platFile)
}

// checkLevel refuses instruction sets that not every machine Yolk starts has.
func checkLevel(arch string, getenv func(string) string) error {
	name, levels := "GOAMD64", []string{"", "v1", "v2", "v3"}
	if arch == "arm64" {
		name, levels = "GOARM64", []string{"", "v8.0"}
	}
	if level := getenv(name); !slices.Contains(levels, level) {
		return fmt.Errorf("%s=%s %w; use %s", name, level, ErrLevel, strings.Join(levels[1:], ", "))
	}
	return nil
}

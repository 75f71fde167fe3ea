package build

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"yolk/boot/overlay"
)

// trim leaves out what the program cannot use: parts of the standard library
// (see [overlay.Saving]) and of the kernel's own dependencies.
func (b *builder) trim(ctx context.Context) error {
	var savings []*overlay.Saving
	for _, s := range overlay.Savings {
		if !b.r.Package.uses[s.Package] {
			savings = append(savings, s)
		}
	}
	changes, leftOut, err := overlay.Generate(b.release.Toolchain, b.o.Platform.Arch, b.cache, savings...)
	if err != nil {
		return err
	}
	maps.Copy(b.replace, changes)
	b.r.LeftOut = leftOut
	return b.changeModules(ctx)
}

// changeModules mends the kernel's own dependencies and takes from them what an
// image cannot use (see [overlay.Module]). A module from which the program
// imports packages itself is only mended.
func (b *builder) changeModules(ctx context.Context) error {
	before := len(b.w.replace)
	for _, m := range overlay.Modules {
		if itself := b.r.Package.uses[m.Path]; itself || b.r.Package.sockets() {
			if err := b.changeModule(ctx, m, itself); err != nil {
				return err
			}
		}
	}
	if len(b.w.replace) == before {
		return nil
	}
	return b.useWorkspace()
}

func (b *builder) changeModule(ctx context.Context, module *overlay.Module, whole bool) error {
	var m selected
	list := func(args ...string) error {
		return decode(ctx, b.g, func(v *selected) { m = *v }, append(args, "-json", module.Path)...)
	}
	if err := list("list", "-m"); err != nil {
		return err
	}
	if m.Dir == "" {
		b.o.Progress.Set("downloading %s", m.Path)
		if err := list("mod", "download"); err != nil {
			return err
		}
	}
	if module.Mends() && !b.o.Untested {
		if err := b.tested(ctx, m); err != nil {
			return err
		}
	}
	dir := m.Dir
	if within(dir, b.release.modCache) { // which is closed to overlays
		var err error
		if dir, err = symlink(filepath.Join(b.cache, "link", m.Path+"@"+m.source()), m.Dir); err != nil {
			return err
		}
		b.w.replaceBy(m.Path, dir)
	}
	changes, leftOut, err := module.Change(dir, b.cache, whole)
	if err != nil {
		return err
	}
	maps.Copy(b.replace, changes)
	b.r.LeftOut = append(b.r.LeftOut, leftOut...)
	return nil
}

// tested returns an error unless m is what Yolk itself requires: the corrections may
// not fit another version, or mend it no longer.
func (b *builder) tested(ctx context.Context, m selected) error {
	root, err := Root()
	if err != nil {
		return err
	}
	var own modInfo
	if err := decode(ctx, b.g, func(v *modInfo) { own = *v }, "mod", "edit", "-json", filepath.Join(root, "go.mod")); err != nil {
		return err
	}
	var want string
	for _, r := range own.Require {
		if r.Path == m.Path {
			want = r.Version
		}
	}
	if m.Replace == nil && m.Version == want {
		return nil
	}
	return fmt.Errorf("%s of this program is %s: %w %s; require that, or see with -untested-go whether they fit", m.Path, m.source(), ErrUnmended, want)
}

// selected is the part of `go list -m -json` and `go mod download -json` we need.
type selected struct {
	moduleVersion
	Dir     string // its source, or that of what replaces it
	Replace *moduleVersion
}

type moduleVersion struct{ Path, Version string }

// source names what is compiled: a version, or what replaces the module.
func (m selected) source() string {
	if m.Replace == nil {
		return m.Version
	}
	return strings.TrimSuffix(m.Replace.Path+"@"+m.Replace.Version, "@")
}

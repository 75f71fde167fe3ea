package build

import (
	"context"
	"errors"
	"maps"
	"path/filepath"

	"yolk/boot/overlay"
)

// trim leaves out what the program cannot use: parts of the standard library
// (see [overlay.Part]) and of the kernel's own dependencies.
func (b *builder) trim(ctx context.Context) error {
	var without []*overlay.Part
	for _, p := range overlay.Parts {
		if !b.r.Package.uses[p.Package] {
			without = append(without, p)
		}
	}
	changes, err := overlay.Generate(b.release, b.o.Platform.Arch, b.cache, without...)
	if err != nil {
		return err
	}
	maps.Copy(b.replace, changes)
	return b.changeModules(ctx)
}

// changeModules mends the kernel's own dependencies and takes from them what an
// image cannot use (see [overlay.Module]). A module from which the program
// imports packages itself is only mended; one of which the build has its own copy
// or another version stays as it is.
func (b *builder) changeModules(ctx context.Context) error {
	before := len(b.w.replace)
	for _, m := range overlay.Modules {
		if itself := b.r.Package.uses[m.Path]; itself || b.r.Package.UsesNet {
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
	if err := list("list", "-m"); err != nil || m.Replace != nil {
		return err
	}
	if m.Dir == "" {
		b.o.Progress.Set("downloading %s", m.Path)
		if err := list("mod", "download"); err != nil {
			return err
		}
	}
	// The module cache is closed to overlays.
	dir, err := symlink(filepath.Join(b.cache, "link", m.Path+"@"+m.Version), m.Dir)
	if err != nil {
		return err
	}
	changes, err := module.Change(dir, b.cache, whole)
	if errors.Is(err, overlay.ErrModule) || err == nil && len(changes) == 0 {
		return nil
	} else if err != nil {
		return err
	}
	maps.Copy(b.replace, changes)
	b.w.replace = append(b.w.replace, m.Path+" "+m.Version+" => "+quoted(dir))
	return nil
}

// selected is the part of `go list -m -json` and `go mod download -json` we need.
type selected struct {
	Path, Version, Dir string
	Replace            *struct{}
}

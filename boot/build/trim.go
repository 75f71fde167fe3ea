package build

import (
	"context"
	"errors"
	"maps"
	"path/filepath"

	"yolk/boot/overlay"
)

// trim takes from gVisor what an image cannot use (see [overlay.Gvisor]), for a
// program that reaches it through the kernel alone. A program with imports of
// its own from gVisor, or with its own copy or another version of it in the
// build, gets it whole.
func (b *builder) trim(ctx context.Context) error {
	if p := b.r.Package; !p.UsesNet || p.usesGvisor {
		return nil
	}
	var m selected
	list := func(args ...string) error {
		return decode(ctx, b.g, func(v *selected) { m = *v }, append(args, "-json", overlay.GvisorModule)...)
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
	changes, err := overlay.Gvisor(dir, b.cache)
	if errors.Is(err, overlay.ErrGvisor) {
		return nil
	} else if err != nil {
		return err
	}
	maps.Copy(b.replace, changes)
	b.w.replace = append(b.w.replace, m.Path+" "+m.Version+" => "+quoted(dir))
	return b.useWorkspace()
}

// selected is the part of `go list -m -json` and `go mod download -json` we need.
type selected struct {
	Path, Version, Dir string
	Replace            *struct{}
}

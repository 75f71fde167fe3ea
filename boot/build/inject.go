package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"yolk/boot/overlay"
)

// The injected files, which exist in the overlay only. The names sort last so
// that they do not hide another file in a listing of errors.
const (
	platFile = "zz_yolk_plat.go"
	testFile = "zz_yolk_test.go"
)

// clause returns the package clause of the injected file. A test gets the
// package's own, so that the platform is initialised first and the package may
// open sockets while it is; unless Yolk depends on the package, when only an
// external test may import the platform without an import cycle.
func (b *builder) clause(ctx context.Context, imports []string) (string, error) {
	p := b.r.Package
	if !b.o.Test {
		return p.Name, nil
	}
	out, err := b.g.output(ctx, append([]string{"list", "-deps", "-overlay", b.list, "-tags", b.o.tags()}, imports...)...)
	if slices.Contains(strings.Fields(string(out)), p.ImportPath) {
		return p.Name + "_test", err
	}
	return p.Name, err
}

// inject writes, below the cache, the file that makes a program an image for the
// platform, and adds it to the overlay. prints chooses the small stand-in for the
// file calls.
func (b *builder) inject(ctx context.Context, prints bool) error {
	o := b.o
	b.used = use{Package: b.r.Package, test: o.Test, prints: prints, side: o.Side, status: o.Status != "", volumes: o.Volumes, uefi: o.UEFI != nil}
	return b.write(ctx, o.Platform.imports(&b.used))
}

// write does so for given imports.
func (b *builder) write(ctx context.Context, imports []string) error {
	p := b.r.Package
	name := platFile
	if b.o.Test {
		name = testFile
	}
	real := filepath.Join(p.Dir, name)
	if _, err := os.Lstat(real); err == nil {
		return fmt.Errorf("%s exists, but that name is Yolk's to inject: rename it", real)
	}
	clause, err := b.clause(ctx, imports)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "package %s\n\n", clause)
	for _, path := range imports {
		fmt.Fprintf(&text, "import _ %q\n", path)
	}
	b.replace[real], err = overlay.Keep(b.cache, name, []byte(text.String()))
	return err
}

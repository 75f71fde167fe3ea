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
func (b *builder) clause(ctx context.Context) (string, error) {
	p, i := b.r.Package, b.o.Platform.imports
	if !b.o.Test {
		return p.Name, nil
	}
	paths := slices.DeleteFunc([]string{i.Base, i.Files, i.Net}, func(path string) bool { return path == "" })
	out, err := b.g.output(ctx, append([]string{"list", "-deps", "-overlay", b.list, "-tags", b.o.tags()}, paths...)...)
	if slices.Contains(strings.Fields(string(out)), p.ImportPath) {
		return p.Name + "_test", err
	}
	return p.Name, err
}

// inject writes, below cache, the file that makes a program of p an image for the
// platform, and adds it to r. onlyPrints chooses the small stand-in for the
// file calls.
func inject(r overlay.Replace, cache string, p *Package, plat Platform, test bool, clause string, onlyPrints bool) error {
	name := platFile
	if test {
		name = testFile
	}
	real := filepath.Join(p.Dir, name)
	if _, err := os.Lstat(real); err == nil {
		return fmt.Errorf("%s exists, but that name is Yolk's to inject: rename it", real)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport _ %q\n", clause, plat.imports.Base)
	add := func(path string) {
		if path != "" { // not every platform has each
			fmt.Fprintf(&b, "import _ %q\n", path)
		}
	}
	if onlyPrints {
		add(plat.imports.Console)
	} else {
		add(plat.imports.Files)
	}
	if p.UsesNet {
		add(plat.imports.Net)
	}
	if p.UsesNetdev {
		add(plat.imports.Netdev)
		if !onlyPrints {
			add(plat.imports.Side)
		}
	}
	if p.ownCalls || test {
		add(plat.imports.Calls)
	}
	var err error
	r[real], err = overlay.Keep(cache, name, []byte(b.String()))
	return err
}

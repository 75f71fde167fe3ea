package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"yolk/boot/output"
)

// download is what `go mod download -json` prints.
type download struct{ Path, Version, Dir, GoMod, Error string }

// fetch downloads the module that provides pkg@version and returns the
// package's folder in a copy of it. The copy is needed because the module
// cache is closed to overlays; it is kept, by module and version.
func fetch(ctx context.Context, g *goTool, pkg, version, cache string) (string, error) {
	g = g.with("GOWORK=off").in(os.TempDir())
	var first error
	for mod := pkg; mod != "." && mod != "/"; mod = path.Dir(mod) {
		var d download
		err := decode(ctx, g, func(v *download) { d = *v }, "mod", "download", "-json", mod+"@"+version)
		if err == nil && d.Error == "" && d.Dir != "" {
			dir := filepath.Join(cache, "mod", d.Path+"@"+d.Version)
			rel := strings.TrimPrefix(strings.TrimPrefix(pkg, mod), "/")
			return filepath.Join(dir, filepath.FromSlash(rel)), copyModule(dir, d)
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if d.Error != "" {
			err = cmp.Or(newerGo(d.Error), errors.New(d.Error))
		}
		if first == nil {
			first = fmt.Errorf("%s@%s: %w", pkg, version, err)
		}
	}
	return "", first
}

// copyModule copies a downloaded module to dst, writable, whole or not at all.
func copyModule(dst string, d download) error {
	return output.Folder(dst, func(dir string) error {
		if err := copyTree(dir, d.Dir); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); errors.Is(err, fs.ErrNotExist) {
			return copyFile(filepath.Join(dir, "go.mod"), d.GoMod)
		}
		return nil
	})
}

// copyTree copies the folders and files below src, with no write protection.
func copyTree(dst, src string) error {
	return filepath.WalkDir(src, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, name)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		if e.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		return copyFile(to, name)
	})
}

func copyFile(dst, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

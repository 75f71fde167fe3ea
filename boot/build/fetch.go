package build

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
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
	var failed error
	for mod := pkg; mod != "." && mod != "/"; mod = path.Dir(mod) {
		d, err := downloadModule(ctx, g, mod+"@"+version)
		if err == nil {
			return published(ctx, g, d, pkg, cache)
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if failed == nil || absent(failed) && !absent(err) {
			failed = err
		}
	}
	return "", fmt.Errorf("%s@%s: %w", pkg, version, failed)
}

// downloadModule has the go command download a module. Why it cannot is in what it prints.
func downloadModule(ctx context.Context, g *goTool, module string) (download, error) {
	out, err := g.output(ctx, "mod", "download", "-json", module)
	var d download
	if json.Unmarshal(out, &d) == nil && d.Error != "" {
		return d, cmp.Or(newerGo(d.Error), errors.New(strings.TrimPrefix(d.Error, module+": ")))
	}
	return d, err
}

// noSuchModule is how proxies and the go command say so, which most parts of a package's
// path are not.
var noSuchModule = regexp.MustCompile(`: (40[034]|410) |malformed module path|no matching versions`)

func absent(err error) bool { return noSuchModule.MatchString(err.Error()) }

// published returns the folder of pkg in a copy of the module as a dependent sees it: the
// folders that its go.mod replaces modules by, and its go.work joins, stayed with its author.
func published(ctx context.Context, g *goTool, d download, pkg, cache string) (string, error) {
	dir := filepath.Join(cache, "mod", d.Path+"@"+d.Version)
	err := output.Folder(dir, func(dir string) error {
		if err := copyModule(dir, d); err != nil {
			return err
		}
		return forgetFolders(ctx, g, dir)
	})
	if err != nil {
		return "", err
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(pkg, d.Path), "/")
	dir = filepath.Join(dir, filepath.FromSlash(rel))
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return "", fmt.Errorf("%s@%s has no package %s", d.Path, d.Version, pkg)
	}
	return dir, nil
}

// forgetFolders takes from the module in dir what names folders beside it.
func forgetFolders(ctx context.Context, g *goTool, dir string) error {
	file := filepath.Join(dir, "go.mod")
	var m modInfo
	if err := decode(ctx, g, func(v *modInfo) { m = *v }, "mod", "edit", "-json", file); err != nil {
		return err
	}
	edit := []string{"mod", "edit"}
	for _, r := range m.Replace {
		if r.New.Version == "" {
			edit = append(edit, "-dropreplace="+strings.TrimSuffix(r.Old.Path+"@"+r.Old.Version, "@"))
		}
	}
	if len(edit) > 2 {
		if _, err := g.output(ctx, append(edit, file)...); err != nil {
			return err
		}
	}
	for _, name := range []string{"go.work", "go.work.sum"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// copyModule copies a downloaded module to dir, writable.
func copyModule(dir string, d download) error {
	if err := copyTree(dir, d.Dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); errors.Is(err, fs.ErrNotExist) {
		return copyFile(filepath.Join(dir, "go.mod"), d.GoMod)
	}
	return nil
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

// Fetch downloads the package that target, PATH@VERSION, names, and returns its folder in a
// copy of its module that may be changed: the one that images are built from.
func Fetch(ctx context.Context, target string) (string, error) {
	g, err := findGo("", runtime.GOARCH)
	if err != nil {
		return "", err
	}
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	pkg, version, _ := strings.Cut(target, "@")
	return fetch(ctx, g, pkg, version, cache)
}

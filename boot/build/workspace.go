package build

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"yolk/boot/output"
)

// modInfo is what we need of a go.mod, as `go mod edit -json` prints it, or of a go.work.
type modInfo struct {
	Module  struct{ Path string }
	Go      string
	Godebug []keyValue
	Use     []string // folders, of a go.work
	Require []moduleVersion
	Replace []replacement
}

type (
	keyValue    struct{ Key, Value string }
	replacement struct{ Old, New moduleVersion }
)

// workspace describes the go.work file under which an image is built.
type workspace struct {
	goVersion string
	neededBy  string   // the module or file that has it
	installed string   // the release of the go command itself, such as "go1.26.8"
	use       []string // module folders, absolute
	replace   []string // "old => new" lines
	debug     []string // "key=value" lines, what GODEBUG is by default
	file      string   // where it was written last
}

// newWorkspace joins the module (or workspace) that g's folder belongs to with
// Yolk's. With alone set, and outside any module, Yolk's module is the only
// one: that serves packages of the standard library. No release is downloaded for
// looking at it.
func newWorkspace(ctx context.Context, g *goTool, root string, alone bool) (*workspace, error) {
	g = g.with("GOTOOLCHAIN=local")
	e, err := g.environment(ctx)
	if err != nil {
		return nil, err
	}
	w := &workspace{installed: e.GOVERSION}
	if e.GOWORK != "" && e.GOWORK != "off" {
		if err := w.addWork(ctx, g, e.GOWORK); err != nil {
			return nil, err
		}
	}
	if e.GOMOD != "" && e.GOMOD != os.DevNull {
		if err := w.addModule(ctx, g, filepath.Dir(e.GOMOD)); err != nil {
			return nil, err
		}
	} else if len(w.use) == 0 && !alone {
		return nil, fmt.Errorf("%s: %w", g.dir, ErrNoModule)
	}
	return w, w.addModule(ctx, g, root)
}

// addModule adds the module in dir, once.
func (w *workspace) addModule(ctx context.Context, g *goTool, dir string) error {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if slices.Contains(w.use, dir) {
		return nil
	}
	var m modInfo
	err := decode(ctx, g, func(v *modInfo) { m = *v }, "mod", "edit", "-json", filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	w.use = append(w.use, dir)
	w.defaults(&m, "1.16")
	w.need(m.Go, m.Module.Path)
	return nil
}

// addWork takes over the user's own workspace file.
func (w *workspace) addWork(ctx context.Context, g *goTool, file string) error {
	m, err := readWork(file)
	if err != nil {
		return err
	}
	w.defaults(&m, "1.18")
	w.need(m.Go, file)
	base := filepath.Dir(file)
	for _, dir := range m.Use {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(base, dir)
		}
		if err := w.addModule(ctx, g, dir); err != nil {
			return err
		}
	}
	for _, r := range m.Replace {
		dst := r.New.Path
		if r.New.Version == "" && !filepath.IsAbs(dst) {
			dst = filepath.Join(base, dst)
		}
		w.replace = append(w.replace, strings.TrimSpace(r.Old.Path+" "+r.Old.Version)+" => "+
			strings.TrimSpace(quoted(dst)+" "+r.New.Version))
	}
	return nil
}

// readWork reads a workspace file. `go work edit -json` leaves out its godebug lines.
func readWork(file string) (m modInfo, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return m, err
	}
	f, err := modfile.ParseWork(file, b, nil)
	if err != nil {
		return m, err
	}
	if f.Go != nil {
		m.Go = f.Go.Version
	}
	for _, d := range f.Godebug {
		m.Godebug = append(m.Godebug, keyValue{d.Key, d.Value})
	}
	for _, u := range f.Use {
		m.Use = append(m.Use, u.Path)
	}
	for _, r := range f.Replace {
		m.Replace = append(m.Replace, replacement{moduleVersion(r.Old), moduleVersion(r.New)})
	}
	return m, nil
}

// replaceBy has a module replaced by a folder, whatever replaced it before.
func (w *workspace) replaceBy(path, dir string) {
	w.replace = slices.DeleteFunc(w.replace, func(r string) bool { return strings.HasPrefix(r, path+" ") })
	w.replace = append(w.replace, path+" => "+quoted(dir))
}

// defaults takes over what GODEBUG is by default, from the first file that is looked at:
// the user's go.work or the program's go.mod, as in the go command, to which all modules of
// ours would be of Yolk's Go. old is the language of a file that names none.
func (w *workspace) defaults(m *modInfo, old string) {
	if w.debug != nil {
		return
	}
	w.debug = []string{"default=go" + cmp.Or(m.Go, old)}
	for _, d := range m.Godebug {
		if d.Key == "default" {
			w.debug[0] = "default=" + d.Value
		} else {
			w.debug = append(w.debug, d.Key+"="+d.Value)
		}
	}
}

// need raises the workspace's language version: it may not be below that of
// any module in it.
func (w *workspace) need(v, who string) {
	if v != "" && version.Compare("go"+v, "go"+w.goVersion) > 0 {
		w.goVersion, w.neededBy = v, who
	}
}

// check reports that the release which was found is not what the modules need;
// err is what went wrong with it, if anything did.
func (w *workspace) check(found string, err error) error {
	need := "go" + w.goVersion
	if newer(need, w.installed) && (err != nil || newer(need, found)) {
		return &NewerGoError{w.neededBy, need, w.installed, err}
	}
	return err
}

// text renders the go.work file.
func (w *workspace) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "go %s\n\n", w.goVersion)
	for _, dir := range w.use {
		fmt.Fprintf(&b, "use %s\n", quoted(dir))
	}
	for _, d := range w.debug {
		fmt.Fprintf(&b, "godebug %s\n", d)
	}
	for _, r := range w.replace {
		fmt.Fprintf(&b, "replace %s\n", r)
	}
	return b.String()
}

func quoted(path string) string {
	if strings.ContainsAny(path, " \t\"'`()") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// write puts the go.work file below cache, in a folder that depends on the
// modules and replacements, so that the checksums the go command adds beside
// it are kept. What it added where w was written before serves here too.
func (w *workspace) write(cache string) (string, error) {
	before := w.file
	dir := filepath.Join(cache, "work", short(slices.Concat(w.use, w.replace)...))
	w.file = filepath.Join(dir, "go.work")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if sums, err := os.ReadFile(before + ".sum"); before != "" && err == nil {
		if err := output.Write(w.file+".sum", sums); err != nil {
			return "", err
		}
	}
	return w.file, output.Write(w.file, []byte(w.text()))
}

// short names a set of strings by a hash.
func short(s ...string) string {
	h := sha256.Sum256([]byte(strings.Join(s, "\x00")))
	return hex.EncodeToString(h[:])[:12]
}

package overlay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Module is a dependency of the kernel's that images get changed. Its defects
// are mended for every program. It is trimmed for programs which reach it through
// the kernel alone: its packages keep their behaviour there, but not their whole
// API.
type Module struct {
	Path  string
	fixes []edit // of defects
	added []addition
	edits []edit // that trim

	dropBelow, dropSuffix string // files with that suffix below that folder are left out
}

// Modules are all that are changed.
var Modules = []*Module{gvisor, dhcp}

// ErrModule says that a module's source is not what the edits were written for.
var ErrModule = errors.New("unknown version of a module")

// Change writes the changed files of the module in root below cache and returns
// the replacements, of which some remove a file; for a program that needs the
// whole module, it only mends. root must lie outside the module cache, where the
// go command refuses overlays. The error wraps ErrModule when the source is not
// the known one.
func (m *Module) Change(root, cache string, whole bool) (Replace, error) {
	edits := m.fixes
	if !whole {
		edits = append(slices.Clip(edits), m.edits...)
	}
	files := map[string]string{}
	for _, e := range edits {
		if _, ok := files[e.file]; !ok {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				return nil, fmt.Errorf("%w: %s: %w", ErrModule, m.Path, err)
			}
			files[e.file] = string(text)
		}
		if n := strings.Count(files[e.file], e.old); n != e.count {
			return nil, fmt.Errorf("%w: %s: %s contains %q %d times, not %d", ErrModule, m.Path, e.file, e.old, n, e.count)
		}
		files[e.file] = strings.ReplaceAll(files[e.file], e.old, e.new)
	}
	for _, a := range m.added {
		files[a.file] = a.text
	}
	dir := filepath.Join(cache, "overlay", filepath.Base(m.Path)+"-"+hash(files))
	r := Replace{}
	for name := range files {
		r[filepath.Join(root, filepath.FromSlash(name))] = filepath.Join(dir, flat(name))
	}
	if !whole {
		if err := m.drop(root, r); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(dir); err == nil {
		return r, nil
	}
	return r, install(dir, files)
}

// drop adds the removal of what is left out.
func (m *Module) drop(root string, r Replace) error {
	if m.dropSuffix == "" {
		return nil
	}
	return filepath.WalkDir(filepath.Join(root, m.dropBelow), func(name string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, m.dropSuffix) {
			r[name] = ""
		}
		return err
	})
}

package overlay

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
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
	edits []edit // that trim: all of them or none

	dropBelow, dropSuffix string // files with that suffix below that folder are left out
}

// Modules are all that are changed.
var Modules = []*Module{gvisor, dhcp}

// ErrModule says that a module's source is not what its corrections were written for.
var ErrModule = errors.New("Yolk's corrections do not fit")

// Mends reports whether images depend on corrections to the module.
func (m *Module) Mends() bool { return m.fixes != nil }

// Change writes the changed files of the module in root below cache and returns
// the replacements, of which some remove a file, and a line if it was not trimmed
// because its source is another; for a program that needs the whole module, it only
// mends. root must lie outside the module cache, where the go command refuses
// overlays. The error wraps ErrModule when a correction does not fit.
func (m *Module) Change(root, cache string, whole bool) (r Replace, leftOut []string, err error) {
	s := &sources{root, map[string]string{}}
	if err := errors.Join(s.apply(m.fixes), s.add(m.added)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w: %w", m.Path, ErrModule, err)
	}
	if !whole {
		if leftOut, err = s.save(m.Path, []*Saving{{What: "what it cannot use of it", edits: m.edits}}); err != nil {
			return nil, nil, err
		}
	}
	if r, err = s.install(cache, filepath.Base(m.Path)); err == nil && !whole && leftOut == nil {
		err = m.drop(root, r)
	}
	return r, leftOut, err
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

package linuxguest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"yolk/boot/build"
	"yolk/boot/image"
)

// Packages are files of Debian packages for this computer's architecture, by patterns;
// links are followed. The packages are downloaded once and not installed; who names one
// names what it depends on as well.
func (m *Maker) Packages(name string, packages, patterns []string) (files []image.Files, err error) {
	if m.cache, err = build.Cache(); err != nil {
		return nil, err
	}
	tree, err := m.unpacked(filepath.Join(m.cache, "linux", name), func(dir string) ([]string, error) {
		m.Say("downloading %v", packages)
		get := append([]string{"-q", "download"}, packages...)
		if _, err := m.command(dir, "apt-get", get...); err != nil { // apt-get update has never run here, or not of late
			options, err := m.foreign(runtime.GOARCH)
			if err == nil {
				_, err = m.command(dir, "apt-get", append(options, get...)...)
			}
			if err != nil {
				return nil, err
			}
		}
		return filepath.Glob(filepath.Join(dir, "*.deb"))
	})
	if err != nil {
		return nil, err
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(tree, pattern))
		if len(found) == 0 {
			return nil, fmt.Errorf("%s of packages %v is not in %s; remove that to have it made again", pattern, packages, tree)
		}
		for _, f := range found {
			dst, err := filepath.Rel(tree, f)
			if err != nil {
				return nil, err
			}
			if f, err = follow(tree, f); err != nil {
				return nil, err
			}
			files = append(files, image.Files{Src: f, Dst: "/" + dst})
		}
	}
	return files, nil
}

// follow returns what a file of a tree is a link to, in the tree also if the link begins at
// the root.
func follow(tree, file string) (string, error) {
	to, err := os.Readlink(file)
	if err != nil {
		return filepath.EvalSymlinks(file) // no link, or none that leads there
	}
	if filepath.IsAbs(to) {
		return follow(tree, filepath.Join(tree, to))
	}
	return follow(tree, filepath.Join(filepath.Dir(file), to))
}

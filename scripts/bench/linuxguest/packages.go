package linuxguest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

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

// ErrNone is why there is no guest where the packages for it cannot be had.
var ErrNone = errors.New("Debian's packages cannot be had here")

// unpacked returns the folder in dir with the files of packages, which get fetches into
// dir if it is not there; without those it is ErrNone.
func (m *Maker) unpacked(dir string, get func(dir string) (debs []string, err error)) (string, error) {
	tree := filepath.Join(dir, "tree")
	if _, err := os.Stat(tree); err == nil {
		return tree, nil
	}
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("%w: %s comes with Debian and its relatives", ErrNone, tool)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	debs, err := get(dir)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNone, err)
	}
	fresh := tree + ".new"
	os.RemoveAll(fresh)
	for _, deb := range debs {
		if _, err := m.command(dir, "dpkg-deb", "-x", deb, fresh); err != nil {
			return "", err
		}
		os.Remove(deb)
	}
	return tree, os.Rename(fresh, tree)
}

// download fetches the kernel package into dir and returns the file.
func (m *Maker) download(dir, arch string) (string, error) {
	var options []string
	if arch != runtime.GOARCH {
		var err error
		if options, err = m.foreign(arch); err != nil {
			return "", err
		}
	}
	name, err := m.newestKernel(arch, options)
	if err != nil && options == nil { // apt-get update has never run here, or not of late
		if options, err = m.foreign(arch); err == nil {
			name, err = m.newestKernel(arch, options)
		}
	}
	if err != nil {
		return "", err
	}
	if _, err := m.command(dir, "apt-get", append(options, "-q", "download", name)...); err != nil {
		return "", err
	}
	debs, _ := filepath.Glob(filepath.Join(dir, name+"_*.deb"))
	if len(debs) == 0 {
		return "", fmt.Errorf("apt-get download %s left no file in %s", name, dir)
	}
	return debs[0], nil
}

// foreign fetches the package lists of an architecture into a folder of this
// session, so that the host's own packages stay as they are, and returns the
// options for apt that use them.
func (m *Maker) foreign(arch string) ([]string, error) {
	state := filepath.Join(m.Work, "apt")
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(state, d), 0o755); err != nil {
			return nil, err
		}
	}
	options := []string{
		"-o", "APT::Architecture=" + arch, "-o", "APT::Architectures=" + arch, "-o", "Dir::State::status=/dev/null",
		"-o", "Dir::State::Lists=" + filepath.Join(state, "lists"), "-o", "Dir::Cache=" + filepath.Join(state, "cache"),
	}
	_, err := m.command("", "apt-get", append(options, "-q", "update")...)
	return options, err
}

// packageName is that of the kernel, but for the architecture.
func (m *Maker) packageName() string {
	if m.Board || m.Whole {
		return wholePackage
	}
	return cloudPackage
}

// newestKernel asks which package the kernel's stands for.
func (m *Maker) newestKernel(arch string, options []string) (string, error) {
	out, err := m.command("", "apt-cache", append(options, "depends", "--important", m.packageName()+arch)...)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: linux-image-"); ok {
			return "linux-image-" + name, nil
		}
	}
	return "", errors.New("no package " + m.packageName() + arch + ": is this Debian, and has apt-get update run?")
}

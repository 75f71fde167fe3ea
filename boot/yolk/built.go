package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"yolk/boot/build"
	"yolk/boot/image"
)

// imageSuffix ends the name that yolk build gives an image.
const imageSuffix = ".yolk"

// isImage reports whether args name an image instead of a package.
func isImage(args []string) bool {
	return len(args) == 1 && strings.HasSuffix(args[0], imageSuffix) && !isFolder(args[0])
}

// whenBuilt are the flags of which an image that is there knows nothing any more.
var whenBuilt = []string{"assert", "files", "ldflags", "status", "tags", "untested-go", "with"}

// built is the image in a file as its build returned it, for the platform that it is for.
// set reports whether a flag is.
func (b *buildFlags) built(file string, set func(flag string) bool) (p build.Platform, r *build.Result, err error) {
	if err := b.check(); err != nil {
		return p, nil, err
	}
	for _, flag := range whenBuilt {
		if set(flag) {
			return p, nil, &exitError{exitUsage, fmt.Errorf("-%s is for yolk build: %s is an image already", flag, file)}
		}
	}
	arch, err := archOf(file)
	if err != nil {
		return p, nil, fail(err)
	}
	if b.arch != "" && b.arch != arch {
		return p, nil, &exitError{exitUsage, fmt.Errorf("-arch %s: %s is for %s", b.arch, file, arch)}
	}
	if p, err = build.FindPlatform(b.plat, arch); err != nil {
		return p, nil, &exitError{exitUsage, err}
	}
	if err := b.holds(p, file, set); err != nil {
		return p, nil, err
	}
	if file, err = filepath.Abs(file); err != nil {
		return p, nil, fail(err)
	}
	name := strings.TrimSuffix(file, imageSuffix)
	return p, &build.Result{Image: file, ELF: name + ".elf", Name: filepath.Base(name), Package: &build.Package{ImportPath: file}}, nil
}

// holds refuses flags for what an image was not built to use.
func (b *buildFlags) holds(p build.Platform, file string, set func(flag string) bool) error {
	for _, part := range []string{build.PartSide, build.PartVolumes} { // which are named as the flags
		if !set(part) {
			continue
		}
		image, err := os.ReadFile(file)
		if err != nil {
			return fail(err)
		}
		if !p.Has(part) || !p.Holds(image, part) {
			return &exitError{exitUsage, fmt.Errorf("-%s: %s has no use for it: it was built without -%[1]s, or only prints", part, file)}
		}
	}
	return nil
}

// archOf returns the architecture that an image is for.
func archOf(file string) (string, error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no such image: %s", file)
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	arch, err := image.Arch(f)
	if err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return arch, err
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"yolk/boot/build"
	"yolk/boot/image"
)

// An emulator is a QEMU for x86-64 with the libraries and firmware that it wants:
// the host's, or one that was unpacked below a folder.
type emulator struct{ root string } // "" is the host's

// Where Debian has the parts, below the root.
const (
	binary    = "/usr/bin/qemu-system-x86_64"
	loader    = "/lib64/ld-linux-x86-64.so.2"
	libraries = "/usr/lib/x86_64-linux-gnu"
	modules   = libraries + "/qemu"
)

// firmware are folders, and files in them that the machines here use.
var (
	firmware     = []string{"/usr/share/qemu", "/usr/share/seabios"}
	firmwareFile = []string{"qboot.rom", "bios-256k.bin", "bios-microvm.bin", "kvmvapic.bin", "linuxboot_dma.bin", "pvh.bin"}
)

// suite is the release of Debian that the newer QEMU comes from: version 10, which
// emulates SVM better than those before 8.
const suite = "trixie"

// find returns the host's emulator, or the newer one, which it fetches if need be.
func find(ctx context.Context, newer bool) (emulator, error) {
	if !newer {
		return emulator{}, nil
	}
	cache, err := build.Cache()
	if err != nil {
		return emulator{}, err
	}
	e := emulator{filepath.Join(cache, "qemu", suite)}
	if _, err := os.Stat(e.root + binary); err == nil {
		return e, nil
	}
	say("fetching the QEMU of %s", suite)
	return e, fetch(ctx, e.root)
}

// command returns the command line that runs the emulator on this host.
func (e emulator) command(args []string) (string, []string) {
	if e.root == "" {
		return binary, args
	}
	own := []string{"--library-path", e.root + libraries, e.root + binary}
	for _, f := range firmware {
		own = append(own, "-L", e.root+f)
	}
	return e.loader(), append(own, args...)
}

func (e emulator) env() []string {
	if e.root == "" {
		return nil // this process's
	}
	return append(os.Environ(), "QEMU_MODULE_DIR="+e.root+modules)
}

// loader is the dynamic linker. In an unpacked root /lib64 is not there: it is a
// link that a package makes when it is installed.
func (e emulator) loader() string {
	if e.root == "" {
		return loader
	}
	return e.root + "/usr" + loader
}

// files are the emulator and all that it loads, to be packed.
func (e emulator) files(ctx context.Context) (list []image.Files, err error) {
	add := func(src, dst string) {
		if src, err := filepath.EvalSymlinks(src); err == nil {
			list = append(list, image.Files{Src: src, Dst: dst})
		}
	}
	list = append(list, image.Files{Src: e.root + binary, Dst: binary})
	add(e.loader(), loader)
	args := []string{"--list", e.root + binary}
	if e.root != "" {
		args = append([]string{"--library-path", e.root + libraries}, args...)
	}
	out, err := exec.CommandContext(ctx, e.loader(), args...).Output()
	if err != nil {
		return nil, fmt.Errorf("the libraries of %s: %w", e.root+binary, err)
	}
	for line := range strings.Lines(string(out)) { // "\tNAME => FILE (ADDRESS)"
		if _, file, ok := strings.Cut(line, " => "); ok {
			file, _, _ = strings.Cut(file, " (")
			add(file, filepath.Join(libraries, filepath.Base(file)))
		}
	}
	for _, dir := range firmware {
		for _, f := range firmwareFile {
			add(filepath.Join(e.root+dir, f), filepath.Join(dir, f))
		}
	}
	return list, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/image"
)

// buildFlags are the flags that say what an image is made of.
type buildFlags struct {
	plat, arch, tags, ldflags string
	status                    string
	files                     []string
	with                      string
	untested, side, volumes   bool
	assert                    bool
	voice
}

func (b *buildFlags) add(f *pflag.FlagSet) {
	f.StringVar(&b.plat, "plat", "kvm", "platform `NAME`: kvm, rpi3, linuxu")
	f.StringVar(&b.arch, "arch", "", "architecture `NAME`: amd64, arm64")
	b.addParts(f)
}

// addParts adds the flags that go with any platform.
func (b *buildFlags) addParts(f *pflag.FlagSet) {
	b.voice.add(f)
	f.StringVar(&b.tags, "tags", "", "more build tags, a `LIST` separated by commas")
	f.StringVar(&b.ldflags, "ldflags", "", "more `FLAGS` for the linker, such as '-X main.version=1'")
	f.BoolVar(&b.untested, "untested-go", false, "try a Go release, or a version of gVisor, that Yolk was not tested with")
	f.BoolVar(&b.assert, "assert", false, "look at the assertions in Yolk's own code, for who changes it: slower and larger, and ends where one fails")
	f.StringVar(&b.status, "status", "", "give the image a page about itself on a port, `[ADDR]:PORT`, with graphs, and at /metrics figures for Prometheus")
	f.StringArrayVar(&b.files, "files", nil, "pack a folder or file into the image, `SRC[:/DST]`: data is /data there, . is / (repeatable)")
	f.StringVar(&b.with, "with", "", "pack what this computer has, a `LIST`: ca, the certificates that it trusts; zoneinfo, time zones")
}

// options resolves the flags for the package that args name.
func (b *buildFlags) options(args []string) (build.Options, error) {
	if err := b.check(); err != nil {
		return build.Options{}, err
	}
	p, err := build.FindPlatform(b.plat, b.arch)
	if err != nil {
		return build.Options{}, &exitError{exitUsage, err}
	}
	if strings.ContainsAny(b.tags, " \t") {
		return build.Options{}, &exitError{exitUsage, fmt.Errorf("-tags %q: tags are separated by commas", b.tags)}
	}
	if b.side && !p.Has(build.PartSide) {
		return build.Options{}, &exitError{exitUsage, fmt.Errorf("-side: platform %s has no virtio console", p.Name)}
	}
	if err := b.checkStatus(p); err != nil {
		return build.Options{}, err
	}
	if b.volumes && !p.Has(build.PartVolumes) {
		return build.Options{}, &exitError{exitUsage, fmt.Errorf("-volumes: platform %s has no virtio 9P device", p.Name)}
	}
	o := build.Options{Status: b.status, Platform: p, Tags: b.tags, LDFlags: b.ldflags, Untested: b.untested, Side: b.side, Volumes: b.volumes, Assert: b.assert}
	if b.with != "" {
		o.With = strings.Split(b.with, ",")
	}
	for _, name := range o.With {
		if !slices.Contains(build.Withs, name) {
			return o, &exitError{exitUsage, fmt.Errorf("-with %s: there is %s", name, strings.Join(build.Withs, ", "))}
		}
	}
	if o.Target, o.Sources, err = target(args); err != nil {
		return o, &exitError{exitUsage, err}
	}
	for _, s := range b.files {
		f, err := image.ParseFiles(s)
		if err != nil {
			return o, &exitError{exitUsage, fmt.Errorf("-files %s: %w", s, err)}
		}
		o.Files = append(o.Files, f)
	}
	return o, nil
}

// checkStatus refuses an address that is none, and a platform without a page.
func (b *buildFlags) checkStatus(p build.Platform) error {
	if b.status == "" {
		return nil
	}
	if !p.Has(build.PartStatus) {
		return &exitError{exitUsage, fmt.Errorf("-status: platform %s has no status page", p.Name)}
	}
	if _, err := statusPort(b.status); err != nil {
		return &exitError{exitUsage, err}
	}
	return nil
}

// statusPort is the port of an address as -status takes it.
func statusPort(address string) (uint16, error) {
	host, port, err := net.SplitHostPort(address)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || n == 0 || host != "" && net.ParseIP(host) == nil {
		return 0, fmt.Errorf("-status %q is no address to listen on, such as :9100", address)
	}
	return uint16(n), nil
}

// target is the package to work on: the current folder unless one is named, or the
// files of one.
func target(args []string) (pkg string, files []string, err error) {
	for _, a := range args {
		if strings.HasSuffix(a, ".go") {
			files = append(files, a)
		}
	}
	switch {
	case len(args) == 0:
		return ".", nil, nil
	case len(files) == len(args) && !isFolder(args[0]):
		return "", files, nil
	case len(args) > 1:
		return "", nil, errors.New("one package at a time: the program's arguments follow --")
	}
	return args[0], nil, nil
}

func isFolder(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.IsDir()
}

// buildImage builds, and shows progress.
func (v *voice) buildImage(ctx context.Context, o build.Options) (*build.Result, error) {
	o.Progress = v.progress()
	r, err := build.Build(ctx, o)
	o.Progress.Stop()
	if err == nil {
		for _, line := range slices.Concat(r.LeftOut, r.Notes) {
			v.say("%s", line)
		}
	}
	return r, fail(err)
}

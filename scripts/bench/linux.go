package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"yolk/boot/image"
	"yolk/boot/qemu"
)

// linuxPackage is Debian's kernel for virtual machines; what it depends on is
// the package of the newest release, which has the files.
const linuxPackage = "linux-image-cloud-"

// linuxMachine is where the Linux guest runs on x86-64. Our microvm has no ACPI,
// and Debian's kernel, built without CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES, finds no
// card on it.
const linuxMachine = "q35"

// linuxConsoles are the machines that Linux runs on, with its name for their
// first serial port.
var linuxConsoles = map[string]string{linuxMachine: "ttyS0", "virt": "ttyAMA0"}

// A linuxGuest is the same program on Linux: Debian's kernel, and an initial RAM
// disk with linuxinit, the kernel's virtio modules, and the program.
type linuxGuest struct {
	kernel, initrd string
}

// config turns a machine into one that boots the guest. addr is its address
// with the prefix length, or "" without a network.
func (l *linuxGuest) config(c qemu.Config, addr string, args []string) qemu.Config {
	words := []string{"console=" + linuxConsoles[c.Machine], "quiet", "panic=-1"}
	if addr != "" {
		words = append(words, "YOLK_ADDR="+addr)
	}
	c.Append = strings.Join(append(append(words, "--"), args...), " ")
	c.Extra = []string{"-initrd", l.initrd}
	return c
}

// prepareLinux makes a guest for d's architecture that runs a program of this
// module, with files.
func (b *bench) prepareLinux(d *bed, program string, files []image.Files) (*linuxGuest, error) {
	tree, err := b.linuxTree(d.plat.Arch)
	if err != nil {
		return nil, err
	}
	kernels, _ := filepath.Glob(filepath.Join(tree, "boot", "vmlinuz-*"))
	if len(kernels) != 1 {
		return nil, fmt.Errorf("%s has %d kernels in it; remove it to have it made again", tree, len(kernels))
	}
	name := d.plat.Arch + "-" + filepath.Base(program)
	l := &linuxGuest{kernel: kernels[0], initrd: filepath.Join(b.work, name+".cpio")}
	for dst, pkg := range map[string]string{"/init": "scripts/bench/linuxinit", "/program": program} {
		out := filepath.Join(b.work, name+"-"+filepath.Base(dst))
		if err := b.goBuild(d.plat.Arch, pkg, out); err != nil {
			return nil, err
		}
		files = append(files, image.Files{Src: out, Dst: dst})
	}
	for _, m := range modules(tree) {
		files = append(files, image.Files{Src: m, Dst: "/mod/" + filepath.Base(m)})
	}
	archive, err := image.Pack(files)
	if err != nil {
		return nil, err
	}
	return l, os.WriteFile(l.initrd, archive, 0o644)
}

// modules returns the kernel modules that a virtio network card needs. Those
// that this kernel does not have are built into it.
func modules(tree string) (files []string) {
	for _, name := range []string{"drivers/virtio/*.ko", "net/core/failover.ko", "drivers/net/net_failover.ko", "drivers/net/virtio_net.ko"} {
		found, _ := filepath.Glob(filepath.Join(tree, "lib/modules/*/kernel", name))
		files = append(files, found...)
	}
	return files
}

// goBuild compiles a package for Linux with the flags that images have.
func (b *bench) goBuild(arch, pkg, out string) error {
	cmd := exec.CommandContext(b.ctx, "go", "build", "-ldflags", "-s -w", "-o", out, "./"+pkg)
	cmd.Dir = b.host.root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w: %s", pkg, err, text)
	}
	return nil
}

// linuxTree returns the folder with the unpacked kernel package, which is
// downloaded once and not installed.
func (b *bench) linuxTree(arch string) (string, error) {
	dir := filepath.Join(b.host.cache, "linux", arch)
	tree := filepath.Join(dir, "tree")
	if _, err := os.Stat(tree); err == nil {
		return tree, nil
	}
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("%s comes with Debian and its relatives, and is not here", tool)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	b.say("downloading %s", linuxPackage+arch)
	deb, err := b.download(dir, arch)
	if err != nil {
		return "", err
	}
	defer os.Remove(deb)
	fresh := tree + ".new"
	os.RemoveAll(fresh)
	if _, err := b.command(dir, "dpkg-deb", "-x", deb, fresh); err != nil {
		return "", err
	}
	return tree, os.Rename(fresh, tree)
}

// download fetches the kernel package into dir and returns the file.
func (b *bench) download(dir, arch string) (string, error) {
	var options []string
	if arch != runtime.GOARCH {
		var err error
		if options, err = b.foreign(arch); err != nil {
			return "", err
		}
	}
	name, err := b.newestKernel(arch, options)
	if err != nil {
		return "", err
	}
	if _, err := b.command(dir, "apt-get", append(options, "-q", "download", name)...); err != nil {
		return "", err
	}
	debs, _ := filepath.Glob(filepath.Join(dir, name+"_*.deb"))
	if len(debs) == 0 {
		return "", fmt.Errorf("apt-get download %s left no file in %s", name, dir)
	}
	return debs[0], nil
}

// foreign fetches the package lists of another architecture into a folder of
// this session, so that the host's own packages stay as they are, and returns
// the options for apt that use them.
func (b *bench) foreign(arch string) ([]string, error) {
	state := filepath.Join(b.work, "apt")
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(state, d), 0o755); err != nil {
			return nil, err
		}
	}
	options := []string{
		"-o", "APT::Architecture=" + arch, "-o", "APT::Architectures=" + arch, "-o", "Dir::State::status=/dev/null",
		"-o", "Dir::State::Lists=" + filepath.Join(state, "lists"), "-o", "Dir::Cache=" + filepath.Join(state, "cache"),
	}
	_, err := b.command("", "apt-get", append(options, "-q", "update")...)
	return options, err
}

// newestKernel asks which package linuxPackage stands for.
func (b *bench) newestKernel(arch string, options []string) (string, error) {
	out, err := b.command("", "apt-cache", append(options, "depends", "--important", linuxPackage+arch)...)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: linux-image-"); ok {
			return "linux-image-" + name, nil
		}
	}
	return "", errors.New("no package " + linuxPackage + arch + ": is this Debian, and has apt-get update run?")
}

// command runs a tool in dir and returns its output, which is in the error too
// when there is one.
func (b *bench) command(dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

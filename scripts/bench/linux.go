package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"yolk/boot/image"
	"yolk/boot/qemu"
)

// linuxPackage is Debian's kernel for virtual machines; what it depends on is
// the package of the newest release, which has the files.
const linuxPackage = "linux-image-cloud-amd64"

// linuxMachine is where the Linux guest runs. Our microvm has no ACPI, and
// Debian's kernel, built without CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES, finds no
// card on it.
const linuxMachine = "q35"

// A linuxGuest is the same program on Linux: Debian's kernel, and an initial RAM
// disk with linuxinit, the kernel's virtio modules, and the program.
type linuxGuest struct {
	kernel, initrd string
}

// config turns a machine into one that boots the guest. addr is its address
// with the prefix length, or "" without a network.
func (l *linuxGuest) config(c qemu.Config, addr string, args []string) qemu.Config {
	words := []string{"console=ttyS0", "quiet", "panic=-1"}
	if addr != "" {
		words = append(words, "YOLK_ADDR="+addr)
	}
	c.Append = strings.Join(append(append(words, "--"), args...), " ")
	c.Extra = []string{"-initrd", l.initrd}
	return c
}

// prepareLinux makes a guest that runs a program of this module, with files.
func (b *bench) prepareLinux(program string, files []image.Files) (*linuxGuest, error) {
	tree, err := b.linuxTree()
	if err != nil {
		return nil, err
	}
	kernels, _ := filepath.Glob(filepath.Join(tree, "boot", "vmlinuz-*"))
	if len(kernels) != 1 {
		return nil, fmt.Errorf("%s has %d kernels in it; remove it to have it made again", tree, len(kernels))
	}
	name := filepath.Base(program)
	l := &linuxGuest{kernel: kernels[0], initrd: filepath.Join(b.work, name+".cpio")}
	for dst, pkg := range map[string]string{"/init": "scripts/bench/linuxinit", "/program": program} {
		out := filepath.Join(b.work, name+"-"+filepath.Base(dst))
		if err := b.goBuild(pkg, out); err != nil {
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
func (b *bench) goBuild(pkg, out string) error {
	cmd := exec.CommandContext(b.ctx, "go", "build", "-ldflags", "-s -w", "-o", out, "./"+pkg)
	cmd.Dir = b.host.root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w: %s", pkg, err, text)
	}
	return nil
}

// linuxTree returns the folder with the unpacked kernel package, which is
// downloaded once and not installed.
func (b *bench) linuxTree() (string, error) {
	dir := filepath.Join(b.host.cache, "linux")
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
	b.say("downloading %s", linuxPackage)
	deb, err := b.download(dir)
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
func (b *bench) download(dir string) (string, error) {
	name, err := b.newestKernel()
	if err != nil {
		return "", err
	}
	if _, err := b.command(dir, "apt-get", "-q", "download", name); err != nil {
		return "", err
	}
	debs, _ := filepath.Glob(filepath.Join(dir, name+"_*.deb"))
	if len(debs) == 0 {
		return "", fmt.Errorf("apt-get download %s left no file in %s", name, dir)
	}
	return debs[0], nil
}

// newestKernel asks which package linuxPackage stands for.
func (b *bench) newestKernel() (string, error) {
	out, err := b.command("", "apt-cache", "depends", "--important", linuxPackage)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: linux-image-"); ok {
			return "linux-image-" + name, nil
		}
	}
	return "", errors.New("no package " + linuxPackage + ": is this Debian, and has apt-get update run?")
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

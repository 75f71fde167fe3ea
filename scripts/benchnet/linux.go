package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"yolk/boot/build"
	"yolk/boot/image"
)

// linuxGuest is Debian's kernel with netlinux as its program, and testpmd with the
// libraries it needs where the host has it.
type linuxGuest struct {
	kernel, initrd string
	dpdk           bool
}

// linuxModules are the kernel modules packed for it.
var linuxModules = []string{"drivers/virtio/*.ko", "net/core/failover.ko", "drivers/net/net_failover.ko", "drivers/net/virtio_net.ko",
	"net/core/pktgen.ko", "drivers/uio/uio.ko", "drivers/uio/uio_pci_generic.ko"}

// prepareLinux makes the guest, from the kernel that `make bench` has downloaded.
func (b *bench) prepareLinux() (*linuxGuest, error) {
	if b.linux != nil {
		return b.linux, nil
	}
	cache, err := build.Cache()
	if err != nil {
		return nil, err
	}
	var kernels []string
	for _, tree := range []string{"tree", "amd64", "tree-amd64", "*"} {
		if kernels, _ = filepath.Glob(filepath.Join(cache, "linux", tree, "boot", "vmlinuz-*-cloud-amd64")); len(kernels) > 0 {
			break
		}
	}
	if len(kernels) == 0 {
		return nil, fmt.Errorf("no Linux kernel below %s/linux: `make bench` downloads it", cache)
	}
	tree := filepath.Dir(filepath.Dir(kernels[0]))
	l := &linuxGuest{kernel: kernels[0], initrd: filepath.Join(b.work, "linux.cpio")}
	var files []image.Files
	for dst, pkg := range map[string]string{"/init": "yolk/scripts/bench/linuxinit", "/program": "yolk/scripts/benchnet/netlinux"} {
		out := filepath.Join(b.work, filepath.Base(dst))
		cmd := exec.CommandContext(b.ctx, "go", "build", "-o", out, pkg)
		cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, text)
		}
		files = append(files, image.Files{Src: out, Dst: dst})
	}
	for _, pattern := range linuxModules {
		found, _ := filepath.Glob(filepath.Join(tree, "lib/modules/*/kernel", pattern))
		for _, m := range found {
			files = append(files, image.Files{Src: m, Dst: "/mod/" + filepath.Base(m)})
		}
	}
	dpdk, err := testpmdFiles()
	if err != nil {
		b.say("DPDK in the Linux guest left out: %v", err)
	}
	l.dpdk = err == nil
	archive, err := image.Pack(append(files, dpdk...))
	if err != nil {
		return nil, err
	}
	b.linux = l
	return l, os.WriteFile(l.initrd, archive, 0o644)
}

// library finds the files that ldd(1) names.
var library = regexp.MustCompile(`/[^\s:]+\.so[^\s:]*`)

// testpmdFiles are testpmd, the drivers it needs, and all their libraries.
func testpmdFiles() (files []image.Files, err error) {
	testpmd, err := exec.LookPath("dpdk-testpmd")
	if err != nil {
		return nil, err
	}
	drivers, _ := filepath.Glob("/usr/lib/x86_64-linux-gnu/dpdk/pmds-*/librte_*.so.*[0-9]")
	wanted := []string{testpmd}
	for _, d := range drivers {
		for _, name := range []string{"librte_net_virtio.so.23", "librte_bus_pci.so.23", "librte_mempool_ring.so.23"} {
			if filepath.Base(d) == name {
				wanted = append(wanted, d)
			}
		}
	}
	if len(wanted) != 4 {
		return nil, fmt.Errorf("DPDK's drivers for virtio are not where Debian 12 has them")
	}
	text, err := exec.Command("ldd", wanted...).Output()
	if err != nil {
		return nil, fmt.Errorf("ldd: %w", err)
	}
	paths := map[string]string{testpmd: "/usr/bin/dpdk-testpmd"}
	for _, l := range append(library.FindAllString(string(text), -1), wanted[1:]...) {
		paths[l] = "/lib/" + filepath.Base(l)
	}
	paths["/lib/x86_64-linux-gnu/libgcc_s.so.1"] = "/lib/libgcc_s.so.1" // opened at run time
	paths["/lib64/ld-linux-x86-64.so.2"] = "/lib64/ld-linux-x86-64.so.2"
	for src, dst := range paths {
		real, err := filepath.EvalSymlinks(src)
		if err != nil {
			return nil, err
		}
		files = append(files, image.Files{Src: real, Dst: dst})
	}
	return files, nil
}

// command is that of a machine that runs the guest with arguments.
func (l *linuxGuest) command(cards []string, args ...string) []string {
	return append([]string{"qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-display", "none", "-monitor", "none", "-serial", "stdio",
		"-no-reboot", "-nodefaults", "-M", "q35", "-m", "640", "-kernel", l.kernel, "-initrd", l.initrd,
		"-append", "console=ttyS0 quiet panic=-1 YOLK_ADDR=10.77.0.2/24 -- " + strings.Join(args, " ")}, cards...)
}

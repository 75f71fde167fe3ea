// Package linuxguest makes the Linux guests that benchmarks compare with: the
// kernel of Debian's package for virtual machines, or for the Raspberry Pi the one for
// all machines, which is downloaded once and not installed, and an initial RAM disk with
// a program in it.
package linuxguest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"yolk/boot/build"
	"yolk/boot/image"
	"yolk/boot/qemu"
)

// Debian's kernel for virtual machines, and the one that has drivers for all others;
// what each depends on is the package of the newest release, which has the files.
const (
	cloudPackage = "linux-image-cloud-"
	wholePackage = "linux-image-"
)

// Board is the Raspberry Pi's name.
const Board = "raspi3b"

// Machine is where the guest runs on x86-64. Our microvm has no ACPI, and Debian's
// kernel, built without CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES, finds no card on it.
const Machine = "q35"

// consoles are the machines that Linux runs on, with its name for their first
// serial port.
var consoles = map[string]string{Machine: "ttyS0", "virt": "ttyAMA0", Board: "ttyS1"}

// RunsOn tells whether guests run on a machine.
func RunsOn(machine string) bool { return consoles[machine] != "" }

// A Guest is the same program on Linux: Debian's kernel, and an initial RAM disk
// with linuxinit, the kernel's virtio modules, and the program.
type Guest struct {
	kernel, initrd string // files
	tree           string // likewise, of a board
}

// Config turns a machine into one that boots the guest. addr is its address
// with the prefix length, or "" without a network.
func (g *Guest) Config(c qemu.Config, addr string, args []string) qemu.Config {
	words := []string{"console=" + consoles[c.Machine], "quiet", "panic=-1"}
	if addr != "" {
		words = append(words, "YOLK_ADDR="+addr)
	}
	c.Kernel, c.Append = g.kernel, strings.Join(append(append(words, "--"), args...), " ")
	c.Extra = append([]string{"-initrd", g.initrd}, c.Extra...)
	c.Tree, c.Second = g.tree, c.Machine == Board // see consoles; the other port is Bluetooth's
	return c
}

// A Maker makes guests.
type Maker struct {
	Context context.Context
	Work    string                           // a folder for the session's files
	Say     func(format string, args ...any) // tells of what takes long
	Whole   bool                             // with the kernel that has drivers and file systems for all machines
	Board   bool                             // guests are for the Raspberry Pi, and have a driver for its network card

	root, cache string
}

// Make makes a guest for an architecture that runs a program, a package's folder
// below the module's root, with files, and with the kernel's modules that match
// patterns beside those that a virtio network card needs.
func (m *Maker) Make(arch, program string, files []image.Files, patterns ...string) (g *Guest, err error) {
	if m.root, err = build.Root(); err != nil {
		return nil, err
	}
	if m.cache, err = build.Cache(); err != nil {
		return nil, err
	}
	tree, err := m.tree(arch)
	if err != nil {
		return nil, err
	}
	kernels, _ := filepath.Glob(filepath.Join(tree, "boot", "vmlinuz-*"))
	if len(kernels) != 1 {
		return nil, fmt.Errorf("%s has %d kernels in it; remove it to have it made again", tree, len(kernels))
	}
	name := arch + "-" + filepath.Base(program)
	g = &Guest{kernel: kernels[0], initrd: filepath.Join(m.Work, name+".cpio")}
	if patterns = append(virtio, patterns...); m.Board {
		patterns = usb
		trees, _ := filepath.Glob(filepath.Join(tree, "usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb"))
		if len(trees) != 1 {
			return nil, fmt.Errorf("%s has %d device trees of the board", tree, len(trees))
		}
		g.tree = trees[0]
	}
	for dst, pkg := range map[string]string{"/init": "scripts/bench/linuxinit", "/program": program} {
		out := filepath.Join(m.Work, name+"-"+filepath.Base(dst))
		if err := m.goBuild(arch, pkg, out); err != nil {
			return nil, err
		}
		files = append(files, image.Files{Src: out, Dst: dst})
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(tree, "lib/modules/*/kernel", pattern)) // what is not there is built in
		for _, f := range found {
			files = append(files, image.Files{Src: f, Dst: "/mod/" + filepath.Base(f)})
		}
	}
	archive, err := image.Pack(files)
	if err != nil {
		return nil, err
	}
	return g, os.WriteFile(g.initrd, archive, 0o644)
}

// virtio are the kernel's modules that a virtio network card needs.
var virtio = []string{"drivers/virtio/*.ko", "net/core/failover.ko", "drivers/net/net_failover.ko", "drivers/net/virtio_net.ko"}

// usb are those for the Raspberry Pi's USB and its network card, and for a CDC Ethernet
// card there.
var usb = []string{"drivers/usb/common/usb-common.ko", "drivers/usb/core/usbcore.ko", "drivers/usb/roles/roles.ko",
	"drivers/usb/gadget/udc/udc-core.ko", "drivers/usb/phy/phy-generic.ko", "drivers/net/phy/libphy.ko", "net/core/selftests.ko",
	"lib/crc16.ko", "drivers/net/phy/smsc.ko", "drivers/net/mii.ko", "drivers/net/usb/usbnet.ko", "drivers/net/usb/smsc95xx.ko",
	"drivers/net/usb/cdc_ether.ko", "drivers/usb/dwc2/dwc2.ko"}

// goBuild compiles a package for Linux with the flags that images have.
func (m *Maker) goBuild(arch, pkg, out string) error {
	cmd := exec.CommandContext(m.Context, "go", "build", "-ldflags", "-s -w", "-o", out, "./"+pkg)
	cmd.Dir = m.root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w: %s", pkg, err, text)
	}
	return nil
}

// tree returns the folder with the unpacked kernel package.
func (m *Maker) tree(arch string) (string, error) {
	kind := arch
	switch {
	case m.Board:
		kind += "-" + Board
	case m.Whole:
		kind += "-whole"
	}
	return m.unpacked(filepath.Join(m.cache, "linux", kind), func(dir string) ([]string, error) {
		m.Say("downloading %s", m.packageName()+arch)
		deb, err := m.download(dir, arch)
		return []string{deb}, err
	})
}

// command runs a tool in dir and returns its output, which is in the error too
// when there is one.
func (m *Maker) command(dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(m.Context, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

package qemu

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"yolk/boot/vmm"
)

// A packager is how a family of distributions installs the emulators.
type packager struct {
	ids      []string // in /etc/os-release, ID or ID_LIKE
	command  string
	x86, arm string // names of the packages
}

// packagers are by what their lists of packages said in 2026.
var packagers = []packager{
	{[]string{"debian", "ubuntu"}, "apt-get install", "qemu-system-x86", "qemu-system-arm"},
	{[]string{"fedora", "rhel", "centos"}, "dnf install", "qemu-system-x86-core", "qemu-system-aarch64-core"},
	{[]string{"arch"}, "pacman -S", "qemu-system-x86", "qemu-system-aarch64"},
	{[]string{"alpine"}, "apk add", "qemu-system-x86_64", "qemu-system-aarch64"},
	{[]string{"suse", "opensuse"}, "zypper install", "qemu-x86", "qemu-arm"},
	{[]string{"gentoo"}, "emerge", "app-emulation/qemu", "app-emulation/qemu"},
	{[]string{"nixos"}, "nix-env -iA", "nixos.qemu", "nixos.qemu"},
	{[]string{"void"}, "xbps-install", "qemu-system-amd64", "qemu-system-aarch64"},
}

// missing says what to install for an emulator that is not there.
func missing(program string) error {
	release, _ := os.ReadFile("/etc/os-release")
	return fmt.Errorf("%s: %w%s", program, vmm.ErrMissing, remedy(program, release))
}

// remedy is the command that installs a program, by the text of /etc/os-release
// (os-release(5)). The distribution's own name comes before those it is like.
func remedy(program string, release []byte) string {
	for _, key := range []string{"ID=", "ID_LIKE="} {
		for line := range bytes.Lines(release) {
			value, ok := strings.CutPrefix(string(line), key)
			if !ok {
				continue
			}
			for id := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"'`)) {
				if p := packagerOf(id); p != nil {
					return ": " + p.command + " " + p.name(program)
				}
			}
		}
	}
	return ": install QEMU with this system's package manager"
}

func packagerOf(id string) *packager {
	id, _, _ = strings.Cut(id, "-") // opensuse-leap
	i := slices.IndexFunc(packagers, func(p packager) bool { return slices.Contains(p.ids, id) })
	if i < 0 {
		return nil
	}
	return &packagers[i]
}

func (p *packager) name(program string) string {
	if strings.HasSuffix(program, "aarch64") {
		return p.arm
	}
	return p.x86
}

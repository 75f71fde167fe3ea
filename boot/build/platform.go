package build

import (
	"fmt"
	"slices"
	"strings"
)

// A Platform is a kind of machine that images are made for.
type Platform struct {
	Name, Arch string
	About      string
	Machines   []string // emulated machines, the default first
	CPUs       []int    // numbers of processors that it is tested with; none: not yet
	Issue      int      // the issue that brings it, 0 when it is here

	imports  Imports // injected into programs
	entry    string  // ELF entry symbol
	textAddr uint64  // address of the first instruction
}

// Imports are the packages that make a program an image for a platform.
type Imports struct {
	Base    string // always
	Console string // for a program that only prints
	Files   string // or for one that uses files or sockets
	Net     string // and for one that imports package net
	Calls   string // and for one that may make system calls of its own
}

var kvmImports = Imports{Base: "yolk/plat/kvm", Console: "yolk/kernel/console", Files: "yolk/plat/kvm/files", Net: "yolk/plat/kvm/net", Calls: "yolk/plat/kvm/calls"}

// Platforms lists what there is and what is to come.
var Platforms = []Platform{
	{
		Name: "kvm", Arch: "amd64", Machines: []string{"microvm", "q35"}, CPUs: []int{1},
		About:   "x86-64 virtual machine, PVH boot, virtio",
		imports: kvmImports,
		entry:   "yolk/arch/amd64.pvhEntry", textAddr: 0x101000,
	},
	{
		Name: "kvm", Arch: "arm64", Machines: []string{"virt"},
		About:   "arm64 virtual machine, device tree, virtio",
		imports: kvmImports,
		entry:   "yolk/arch/arm64.entry", textAddr: 0x100081000,
	},
	{Name: "rpi3", Arch: "arm64", About: "Raspberry Pi 3B", Machines: []string{"raspi3b"}, Issue: 3},
	{Name: "linuxu", Arch: "amd64", About: "a Linux process, for development", Issue: 4},
}

// FindPlatform returns the platform of that name. An empty arch means the
// platform's first. The error says which names there are, or which issue
// brings what was asked for.
func FindPlatform(name, arch string) (Platform, error) {
	var names, archs []string
	for _, p := range Platforms {
		if !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
		if p.Name != name {
			continue
		}
		archs = append(archs, p.Arch)
		if arch != "" && p.Arch != arch {
			continue
		}
		if p.Issue != 0 {
			return Platform{}, fmt.Errorf("platform %s on %s is %w: it comes with issue %d", name, p.Arch, ErrPlatform, p.Issue)
		}
		return p, nil
	}
	if len(archs) == 0 {
		return Platform{}, fmt.Errorf("unknown platform %q: there are %s", name, strings.Join(names, ", "))
	}
	return Platform{}, fmt.Errorf("platform %s has no architecture %q: there is %s", name, arch, strings.Join(archs, ", "))
}

// CheckMachine completes an emulated machine's name: empty means the default.
// Options for the emulator may follow a comma.
func (p Platform) CheckMachine(machine string) (string, error) {
	if machine == "" {
		return p.Machines[0], nil
	}
	if name, _, _ := strings.Cut(machine, ","); !slices.Contains(p.Machines, name) {
		return "", fmt.Errorf("unknown machine %q for platform %s on %s: there are %s", machine, p.Name, p.Arch, strings.Join(p.Machines, ", "))
	}
	return machine, nil
}

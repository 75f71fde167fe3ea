package build

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"yolk/kernel/abi"
)

// A Platform is a kind of machine that images are made for.
type Platform struct {
	Name, Arch string
	About      string
	Machines   []string // emulated machines, the default first
	CPUs       []int    // numbers of processors that it is tested with
	Memory     string   // what the machine has, such as "1G", when there is no choice

	process  bool    // programs are processes of this machine, see Process
	imports  Imports // injected into programs
	entry    string  // ELF entry symbol
	textAddr uint64  // address of the first instruction
	tree     string  // device tree that the emulator lacks, a file of Yolk's source
}

// Imports are the packages that make a program an image for a platform.
type Imports struct {
	Base    string // always
	Console string // for a program that only prints
	Files   string // or for one that uses files or sockets
	Net     string // and for one that imports package net
	Netdev  string // and for one that imports yolk/netdev; "" where there is no card
	Side    string // and for one that uses files besides; "" where there is no virtio
	Calls   string // and for one that may make system calls of its own
}

var kvmImports = Imports{Base: "yolk/plat/kvm", Console: "yolk/kernel/posix/printonly", Files: "yolk/plat/kvm/files", Net: "yolk/plat/kvm/net", Netdev: "yolk/plat/kvm/netdev", Side: "yolk/plat/kvm/side", Calls: "yolk/plat/allcalls"}

var rpi3Imports = Imports{Base: "yolk/plat/rpi3", Console: "yolk/kernel/posix/printonly", Files: "yolk/plat/rpi3/files", Net: "yolk/plat/rpi3/net", Netdev: "yolk/plat/rpi3/netdev", Calls: "yolk/plat/allcalls"}

// Platforms lists what there is.
var Platforms = []Platform{
	{
		Name: "kvm", Arch: "amd64", Machines: []string{"microvm", "q35"}, CPUs: []int{1, 4},
		About:   "x86-64 virtual machine, PVH boot, virtio",
		imports: kvmImports,
		entry:   "yolk/arch/amd64.pvhEntry", textAddr: abi.TextAMD64,
	},
	{
		Name: "kvm", Arch: "arm64", Machines: []string{"virt", "virt-gic3"}, CPUs: []int{1, 4},
		About:   "arm64 virtual machine, device tree, virtio",
		imports: kvmImports,
		entry:   "yolk/arch/arm64.entry", textAddr: abi.TextARM64,
	},
	{
		Name: "rpi3", Arch: "arm64", Machines: []string{"raspi3b"}, CPUs: []int{4}, Memory: "1G",
		About:   "Raspberry Pi 3B, kernel8.img",
		imports: rpi3Imports,
		entry:   "yolk/arch/arm64.entry", textAddr: abi.TextARM64,
		tree: "kernel/chip/bcm2837/tree/rpi3.dtb",
	},
	{
		Name: "linuxu", Arch: runtime.GOARCH, process: true,
		About:   "a process on this machine, for developing network functions",
		imports: Imports{Base: "yolk/plat/linuxu"},
	},
}

// FindPlatform returns the platform of that name. An empty arch means the
// platform's first. The error says which names there are.
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
		return p, nil
	}
	if len(archs) == 0 {
		return Platform{}, fmt.Errorf("unknown platform %q: there are %s", name, strings.Join(names, ", "))
	}
	return Platform{}, fmt.Errorf("platform %s has no architecture %q: there is %s", name, arch, strings.Join(archs, ", "))
}

// DeviceTree returns the file of the device tree that the emulated machine is to
// be given, or "" when it makes its own.
func (p Platform) DeviceTree() (string, error) {
	if p.tree == "" {
		return "", nil
	}
	root, err := Root()
	return filepath.Join(root, p.tree), err
}

// CheckMachine completes an emulated machine's name: empty means the default.
// Options for the emulator may follow a comma.
func (p Platform) CheckMachine(machine string) (string, error) {
	if len(p.Machines) == 0 {
		return "", fmt.Errorf("platform %s has no machine: use yolk build or yolk run", p.Name)
	}
	if machine == "" {
		return p.Machines[0], nil
	}
	if name, _, _ := strings.Cut(machine, ","); !slices.Contains(p.Machines, name) {
		return "", fmt.Errorf("unknown machine %q for platform %s on %s: there are %s", machine, p.Name, p.Arch, strings.Join(p.Machines, ", "))
	}
	return machine, nil
}

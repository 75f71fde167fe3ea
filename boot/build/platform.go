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

	process  bool     // programs are processes of this machine, see Process
	parts    []string // names of what an image can be given, see the table of parts
	entry    string   // ELF entry symbol
	textAddr uint64   // address of the first instruction
	tree     string   // device tree that the emulator lacks, a file of Yolk's source
}

// Platforms lists what there is.
var Platforms = []Platform{
	{
		Name: "kvm", Arch: "amd64", Machines: []string{"microvm", "q35"}, CPUs: []int{1, 4},
		About: "x86-64 virtual machine, PVH boot, virtio",
		parts: append(machineParts, PartSide, PartVolumes, PartUEFI),
		entry: "yolk/arch/amd64.pvhEntry", textAddr: abi.TextAMD64,
	},
	{
		Name: "kvm", Arch: "arm64", Machines: []string{"virt", "virt-gic3"}, CPUs: []int{1, 4},
		About: "arm64 virtual machine, device tree, virtio",
		parts: append(machineParts, PartSide, PartVolumes, PartUEFI),
		entry: "yolk/arch/arm64.entry", textAddr: abi.TextARM64,
	},
	{
		Name: "rpi3", Arch: "arm64", Machines: []string{"raspi3b"}, CPUs: []int{4}, Memory: "1G",
		About: "Raspberry Pi 3B, kernel8.img",
		parts: append(machineParts, partUSBFile),
		entry: "yolk/arch/arm64.entry", textAddr: abi.TextARM64,
		tree: "kernel/chip/bcm2837/tree/rpi3.dtb",
	},
	{
		Name: "linuxu", Arch: runtime.GOARCH, process: true,
		About: "a process on this machine, for developing network functions",
		parts: []string{"base"},
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

// Process reports whether programs for the platform are ordinary processes of
// this machine instead of images.
func (p Platform) Process() bool { return p.process }

package build

import (
	"fmt"
	"slices"
)

// A Machine is an emulated computer: what end-to-end tests, conformance and
// benchmarks run on. The yolk command names it by the flags of [Machine.Flags].
type Machine struct {
	Platform
	Machine string // one of Platform.Machines
	CPUs    int
}

// TestMachines lists the machines of all platforms on which images are tested,
// for each platform in the order of its Machines and CPUs.
func TestMachines() (list []Machine) {
	for _, p := range Platforms {
		for _, m := range p.Machines {
			for _, n := range p.CPUs {
				list = append(list, Machine{p, m, n})
			}
		}
	}
	return list
}

// FindMachine returns the first of TestMachines that is as asked for.
func FindMachine(is func(Machine) bool) (Machine, bool) {
	list := TestMachines()
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return Machine{}, false
	}
	return list[i], true
}

// Flags are the yolk command's flags for the machine.
func (m Machine) Flags() []string {
	return []string{"-plat", m.Name, "-arch", m.Arch, "-machine", m.Machine, "-cpus", fmt.Sprint(m.CPUs)}
}

// String names the machine in test and table output: kvm-amd64-q35-4.
func (m Machine) String() string {
	return fmt.Sprintf("%s-%s-%s-%d", m.Name, m.Arch, m.Machine, m.CPUs)
}

package build

import "fmt"

// A Machine is an emulated computer: what end-to-end tests, conformance and
// benchmarks run on. The yolk command names it by the flags of [Machine.Flags].
type Machine struct {
	Platform
	Machine string // one of Platform.Machines
	CPUs    int
}

// TestMachines lists the machines of all platforms on which images are tested,
// for each platform in the order of its Machines and CPUs, and in words what is
// not there yet.
func TestMachines() (list []Machine, missing []string) {
	for _, p := range Platforms {
		switch {
		case p.process:
			missing = append(missing, fmt.Sprintf("%s-%s: it is a process and has no machine", p.Name, p.Arch))
		case len(p.CPUs) == 0:
			missing = append(missing, fmt.Sprintf("%s-%s: its kernel does not start yet", p.Name, p.Arch))
		}
		for _, m := range p.Machines {
			for _, n := range p.CPUs {
				list = append(list, Machine{p, m, n})
			}
		}
	}
	return list, missing
}

// Flags are the yolk command's flags for the machine.
func (m Machine) Flags() []string {
	return []string{"-plat", m.Name, "-arch", m.Arch, "-machine", m.Machine, "-cpus", fmt.Sprint(m.CPUs)}
}

// String names the machine in test and table output: kvm-amd64-q35-4.
func (m Machine) String() string {
	return fmt.Sprintf("%s-%s-%s-%d", m.Name, m.Arch, m.Machine, m.CPUs)
}

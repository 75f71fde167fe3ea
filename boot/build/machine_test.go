package build

import (
	"slices"
	"strings"
	"testing"
)

// TestTestMachines: every platform is either listed or missing by name, and a
// machine's flags lead back to it.
func TestTestMachines(t *testing.T) {
	list, missing := TestMachines()
	for _, p := range Platforms {
		n := 0
		for _, m := range list {
			if m.Name == p.Name && m.Arch == p.Arch {
				n++
			}
		}
		there := len(p.CPUs) > 0
		named := slices.ContainsFunc(missing, func(s string) bool { return strings.HasPrefix(s, p.Name+"-"+p.Arch+": ") })
		if there == named || there && n != len(p.Machines)*len(p.CPUs) {
			t.Errorf("%s-%s: %d machines, missing %v", p.Name, p.Arch, n, named)
		}
	}
	m := list[0]
	if f := m.Flags(); f[1] != "kvm" || f[3] != "amd64" || f[5] != "microvm" || f[7] != "1" || m.String() != "kvm-amd64-microvm-1" {
		t.Error(m, f)
	}
}

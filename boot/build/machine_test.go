package build

import "testing"

// TestTestMachines: every platform but that of processes is tested, and a
// machine's flags lead back to it.
func TestTestMachines(t *testing.T) {
	list := TestMachines()
	for _, p := range Platforms {
		n := 0
		for _, m := range list {
			if m.Name == p.Name && m.Arch == p.Arch {
				n++
			}
		}
		if n != len(p.Machines)*len(p.CPUs) || (n == 0) != p.Process() {
			t.Errorf("%s-%s: %d machines", p.Name, p.Arch, n)
		}
	}
	m := list[0]
	if f := m.Flags(); f[1] != "kvm" || f[3] != "amd64" || f[5] != "microvm" || f[7] != "1" || m.String() != "kvm-amd64-microvm-1" {
		t.Error(m, f)
	}
}

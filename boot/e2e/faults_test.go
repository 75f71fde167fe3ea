//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestRefusals: a machine on which the image must not run is refused in one
// line that names the reason, and with a status of its own.
func TestRefusals(t *testing.T) {
	oldCPU := []string{"-qemu", "-cpu", "-qemu", "qemu64"}                       // no RDRAND, XSAVE or FSGSBASE
	oldARM := []string{"-arch", "arm64", "-qemu", "-cpu", "-qemu", "cortex-a72"} // no RNDR
	for _, c := range []struct {
		name   string
		flags  []string
		status int
		want   string
	}{
		{"no entropy", oldCPU, 78, "no source of entropy"},
		{"insecure by name", append([]string{"-opt", "entropy=insecure"}, oldCPU...), 0, "PREDICTABLE"},
		{"no entropy on arm64", oldARM, 78, "no source of entropy"},
		{"arm64, insecure by name", append([]string{"-opt", "entropy=insecure"}, oldARM...), 0, "PREDICTABLE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append(append([]string{"run"}, c.flags...), "../../apps/helloworld")
			out, complaint, status := output(t, args...)
			if status != c.status || !strings.Contains(out+complaint, c.want) {
				t.Errorf("status %d, want %d; no %q in\n%s\n%s", status, c.status, c.want, out, complaint)
			}
			if c.status == 0 && !strings.Contains(out, "Hello") {
				t.Errorf("the program did not run:\n%s\n%s", out, complaint)
			}
		})
	}
}

// TestRandom: with no instruction in the processor random bytes come from a
// virtio-rng, and two machines never print the same.
func TestRandom(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range [][]string{
		{"-machine", "microvm"},
		{"-machine", "microvm", "-qemu", "-cpu", "-qemu", "qemu64", "-qemu", "-device", "-qemu", "virtio-rng-device"},
		{"-machine", "q35", "-qemu", "-cpu", "-qemu", "qemu64", "-qemu", "-device", "-qemu", "virtio-rng-pci"},
		{"-arch", "arm64", "-machine", "virt"},
		{"-arch", "arm64", "-machine", "virt", "-qemu", "-cpu", "-qemu", "cortex-a72", "-qemu", "-device", "-qemu", "virtio-rng-device"},
		{"-arch", "arm64", "-machine", "virt-gic3", "-qemu", "-cpu", "-qemu", "cortex-a72", "-qemu", "-device", "-qemu", "virtio-rng-pci"},
	} {
		out, complaint, status := output(t, append(append([]string{"run"}, c...), "./testdata/random")...)
		if status != 0 {
			t.Errorf("%v: status %d\n%s\n%s", c, status, out, complaint)
		}
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			if seen[line] || len(line) < 39 || strings.Contains(line, strings.Repeat("0", 16)) {
				t.Errorf("%v: not random: %q", c, line)
			}
			seen[line] = true
		}
	}
}

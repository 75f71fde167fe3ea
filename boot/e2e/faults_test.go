//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestRefusals: a machine on which the image must not run is refused in one
// line that names the reason, and with a status of its own.
func TestRefusals(t *testing.T) {
	t.Parallel()
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
		{"no 64-bit mode", []string{"-qemu", "-cpu", "-qemu", "qemu32"}, 78, "the processor has no 64-bit mode"},
		{"no 64-bit mode on q35", []string{"-machine", "q35", "-qemu", "-cpu", "-qemu", "pentium3"}, 78, "the processor has no 64-bit mode"},
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
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range [][]string{
		{"-machine", "microvm"},
		{"-machine", "microvm", "-qemu", "-cpu", "-qemu", "qemu64", "-qemu", "-device", "-qemu", "virtio-rng-device"},
		{"-machine", "q35", "-qemu", "-cpu", "-qemu", "qemu64", "-qemu", "-device", "-qemu", "virtio-rng-pci"},
		{"-machine", "q35", "-qemu", "-cpu", "-qemu", "qemu64", "-qemu", "-device", "-qemu", "pcie-root-port,id=up",
			"-qemu", "-device", "-qemu", "virtio-rng-pci,bus=up"},
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

// TestCardFails: a server on a machine whose card cannot be used is told why.
func TestCardFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		flags []string
		want  string
	}{
		{"no transport", []string{"-arch", "arm64", "-machine", "virt-gic3", "-qemu", "-device", "-qemu", "virtio-net-pci,netdev=u,romfile=,disable-modern=on,disable-legacy=off"},
			"no network device that works: PCI 00:01.0: virtio-pci: legacy device on a machine without I/O ports"},
		{"no agreement", []string{"-machine", "microvm", "-qemu", "-global", "-qemu", "virtio-mmio.force-legacy=false", "-qemu", "-device", "-qemu", "virtio-net-device,netdev=u,iommu_platform=on"},
			"netdev 0 (virtio-net): Configure: virtio: device refused the features"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"run", "-net", "none", "-qemu", "-netdev", "-qemu", "user,id=u"}, c.flags...)
			out, complaint, status := output(t, append(args, "./testdata/loopback", "--", ":0")...)
			if status != 0 || !strings.Contains(out, "yolk: net: no network: "+c.want) || !strings.Contains(out, "loopback works") {
				t.Errorf("status %d, no %q in\n%s\n%s", status, c.want, out, complaint)
			}
		})
	}
}

// TestSpuriousInterrupt: what comes with interrupts off is not served, and nothing is
// lost by it.
func TestSpuriousInterrupt(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "run", "-machine", "q35", "-net", "none", "./testdata/spurious")
	if want := "off: 0 on: 1 within another: 0\n"; status != 0 || out != want {
		t.Errorf("status %d, %q, want %q\n%s", status, out, want, complaint)
	}
}

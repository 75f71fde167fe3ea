//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestKernelFaults: what goes wrong below the program ends in one line that
// names it, and in a status of its own.
func TestKernelFaults(t *testing.T) {
	oldCPU := []string{"-qemu", "-cpu", "-qemu", "qemu64"} // no RDRAND, XSAVE or FSGSBASE
	for _, c := range []struct {
		name   string
		flags  []string
		status int
		want   string
	}{
		{"page fault in the kernel", []string{"-opt", "crash=fault"}, 134, "yolk: page fault in kernel context"},
		{"kernel stack overflow", []string{"-opt", "crash=stack"}, 134, "yolk: kernel stack overflow"},
		{"unknown log level", []string{"-opt", "log=loud"}, 78, "log= takes error, warn, info or debug"},
		{"no entropy", oldCPU, 78, "no source of entropy"},
		{"insecure by name", append([]string{"-opt", "entropy=insecure"}, oldCPU...), 0, "PREDICTABLE"},
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

// TestNoNetworkDevice: a server without a network card still starts, reaches
// itself, and the log says what is missing.
func TestNoNetworkDevice(t *testing.T) {
	out, complaint, status := output(t, "run", "-net", "none", "-log", "info", "./testdata/probe", "--", "loopback")
	if status != 0 || !strings.Contains(out, "no network device") || !strings.Contains(out, "loopback works") {
		t.Errorf("status %d\n%s\n%s", status, out, complaint)
	}
}

//go:build e2e

package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"yolk/boot/build"
)

// A machine is one of those that images are tested on.
type machine struct{ build.Machine }

// TestMachines looks at every machine there is in the same way, several at a time.
func TestMachines(t *testing.T) {
	t.Parallel()
	for _, m := range build.TestMachines() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			for _, c := range scenarios {
				if c.arch != "" && c.arch != m.Arch || c.alike && !standsForAll(m) {
					continue
				}
				t.Run(c.name, func(t *testing.T) { machine{m}.play(t, c) })
			}
			t.Run("ending", machine{m}.ending)
			t.Run("http", machine{m}.http)
			t.Run("packets", machine{m}.packets)
			if standsForAll(m) {
				t.Run("forwards", machine{m}.forwards)
			}
			t.Run("link", machine{m}.link)
		})
	}
}

// standsForAll reports whether m is looked at for all of its architecture.
func standsForAll(m build.Machine) bool {
	return m.Machine == "q35" && m.CPUs > 1 || m.Machine == "virt" && m.CPUs == 1
}

// TestManyProcessors: more than 16, which need all bits of the local APIC's id,
// and on arm64 a second cluster. All of them run, and all of them stop.
func TestManyProcessors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ arch, machine string }{{"amd64", "microvm"}, {"amd64", "q35"}, {"arm64", "virt"}} {
		out, complaint, status := output(t, "run", "-arch", c.arch, "-machine", c.machine, "-cpus", "20", "-net", "none", image(t, probe, "-arch", c.arch), "--", "facts")
		if want := "linux " + c.arch + " 20"; status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: status %d, no %q\n%s\n%s", c.machine, status, want, out, complaint)
		}
	}
}

// run prepares `yolk run` on the machine.
func (m machine) run(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return yolk(t, append(append([]string{"run"}, m.Flags()...), args...)...)
}

// lacks says why a scenario cannot be on the machine, or "".
func (m machine) lacks(c needs) string {
	switch {
	case c == memory && m.Memory != "":
		return "the machine always has " + m.Memory + " of memory"
	case c == cards && m.Memory != "":
		return "the machine has one network card, a model outside of QEMU: see TestEthernet"
	}
	return ""
}

// play runs one scenario.
func (m machine) play(t *testing.T, c scenario) {
	if why := m.lacks(c.needs); why != "" {
		t.Skip(why)
	}
	var build []string
	if c.files != "" {
		build = []string{"-files", c.files}
	}
	args := append(append(c.flags, m.image(t, c.program, build...)), "--")
	cmd := m.run(t, append(args, c.args...)...)
	cmd.Stdin = strings.NewReader(c.input)
	out, complaint, status := finish(t, cmd)
	if status != c.status && (c.status != anyFailure || status == 0 || status == 125) {
		t.Errorf("status %d, want %d", status, c.status)
	}
	for _, want := range c.want {
		want = strings.NewReplacer("$ARCH", m.Arch, "$CPUS", fmt.Sprint(m.CPUs)).Replace(want)
		if !strings.Contains(out+complaint, want) {
			t.Errorf("no %q", want)
		}
	}
	if lines := strings.Split(strings.TrimSpace(out), "\n"); !strings.Contains(lines[len(lines)-1], c.last) {
		t.Errorf("the last line has no %q", c.last)
	}
	if t.Failed() {
		t.Logf("%v\nstdout:\n%s\nstderr:\n%s", cmd, out, complaint)
	}
}

// http gets the pages of an unmodified net/http server, which has its address
// from the command line on some machines and by DHCP on others.
func (m machine) http(t *testing.T) {
	port := freePort(t)
	args := []string{"-p", fmt.Sprintf("%d:8080", port), m.image(t, "../../apps/httpd")}
	if m.lacks(memory) == "" {
		args = append([]string{"-memory", "64M"}, args...)
	}
	if m.Machine.Machine == "q35" {
		args = append([]string{"-opt", "ip=dhcp"}, args...)
	}
	ctx, stop := background(t, m.run(t, args...))
	defer stop()
	page, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/", port))
	for i := 0; err == nil && i < 20; i++ {
		page, err = get(ctx, fmt.Sprintf("http://127.0.0.1:%d/status", port))
	}
	if err == nil {
		var out []byte
		out, err = exec.Command("curl", "-sS", "--max-time", "30", fmt.Sprintf("http://127.0.0.1:%d/status", port)).CombinedOutput()
		page = string(out)
	}
	if err != nil || !strings.Contains(page, "Goroutines") {
		t.Errorf("%v, page %.300q", err, page)
	}
}

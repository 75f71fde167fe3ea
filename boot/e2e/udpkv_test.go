//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKeyValue asks the key-value server, on sockets and straight on the card,
// from a program on this computer.
func TestKeyValue(t *testing.T) {
	t.Parallel()
	load := filepath.Join(t.TempDir(), "load")
	if out, err := exec.Command("go", "build", "-o", load, "yolk/apps/udpkv/load").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		name, program, ready string
		args                 []string
	}{
		{"sockets", "../../apps/udpkv", "over sockets", nil},
		{"netdev", "../../apps/udpkv/bare", "over netdev 0 (virtio-net)", nil},
		{"netdev with interrupts", "../../apps/udpkv/bare", "over netdev 0 (virtio-net)", []string{"-interrupts"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			port := freePort(t)
			cmd := yolk(t, append([]string{"run", "-p", fmt.Sprintf("%d:7070/udp", port), c.program, "--"}, c.args...)...)
			end := startUntil(t, cmd, "udpkv: serving on ")
			out, err := exec.Command(load, "-server", fmt.Sprintf("127.0.0.1:%d", port), "-time", "1s").CombinedOutput()
			cmd.Process.Signal(os.Interrupt)
			log := end()
			if m := regexp.MustCompile(`^load: [1-9]\d* requests in`); err != nil || !m.Match(out) || !strings.Contains(log, c.ready) {
				t.Errorf("%v\n%s\n%s", err, out, log)
			}
		})
	}
}

// TestCompare: in one machine the server on the card answers five times as much
// as the one on sockets. Time is counted in instructions, so that what else this
// computer does makes no difference.
func TestCompare(t *testing.T) {
	t.Parallel()
	out, complaint, status := output(t, "run", "-net", "hub:0", "-net", "hub:0", "-net", "hub:1", "-net", "hub:1", "-opt", "ip=10.0.0.1/24",
		"-qemu", "-accel", "-qemu", "tcg,thread=single", "-qemu", "-icount", "-qemu", "shift=0,sleep=off",
		"../../apps/udpkv/compare", "--", "-rounds", "1", "-time", "200ms")
	var sockets, netdev, ratio float64
	_, mean, _ := bytes.Cut([]byte(out), []byte("compare: in the mean "))
	if _, err := fmt.Sscanf(string(mean), "sockets %f, netdev %f, ratio %f", &sockets, &netdev, &ratio); err != nil || status != 0 || ratio < 5 {
		t.Errorf("status %d, ratio %.1f, %v\n%s\n%s", status, ratio, err, out, complaint)
	}
	t.Logf("sockets %.0f, netdev %.0f requests per thousand million instructions, ratio %.1f", sockets, netdev, ratio)
}

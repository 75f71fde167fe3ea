// Package scripts has the test of scripts/setup, which is a shell script.
package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// setup runs the script where only the named commands exist: real ones by
// name, others as "name=script".
func setup(t *testing.T, commands ...string) (output string, status int) {
	t.Helper()
	bin := t.TempDir()
	for _, c := range append(commands, "sed") {
		name, text, fake := strings.Cut(c, "=")
		if fake {
			if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		real, err := exec.LookPath(name)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(real, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/bin/sh", "setup")
	share := t.TempDir()
	for _, firmware := range []string{"OVMF", "AAVMF"} {
		if err := os.Mkdir(filepath.Join(share, firmware), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Env = []string{"PATH=" + bin, "FIRMWARE=" + share}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

const (
	goodQEMU = "qemu-system-x86_64=echo QEMU emulator version 7.2.22"
	goodARM  = "qemu-system-aarch64=echo QEMU emulator version 7.2.22"
	oldQEMU  = "qemu-system-x86_64=echo QEMU emulator version 4.2.1"
)

// with adds the emulator for arm64 and the clients that the tests use, but for
// wrk, to commands.
func with(commands ...string) []string {
	return append(commands, goodARM, "curl=", "redis-cli=", "mosquitto_pub=", "virsh=", "libvirtd=", "tcpdump=", "ping=", "mtype=", "dig=", "ssh=", "s3cmd=", "iasl=", "dtc=", "gdb=", "skopeo=", "chromium-headless-shell=", "qemu-img=", "zsh=", "fish=")
}

func TestSetup(t *testing.T) {
	for _, c := range []struct {
		name     string
		commands []string
		status   int
		want     []string
	}{
		{"all there", with(goodQEMU, "go=", "wrk="), 0, nil},
		{"no Go", with(goodQEMU, "wrk="), 1, []string{"Go is missing", "https://go.dev/dl"}},
		{"not Debian", with("go=", "wrk="), 1, []string{"not a Debian-like system: install qemu-system-x86 "}},
		{"old", with(oldQEMU, "go=", "wrk="), 1, []string{"install qemu-system-x86 "}},
		{"no right", []string{"go=", "apt-get=", "id=echo 1000"}, 1,
			[]string{"not root and no sudo", "qemu-system-x86 qemu-system-arm curl wrk redis-tools mosquitto-clients"}},
		{"sudo", with(goodQEMU, "go=", "id=echo 1000", "apt-get=exit 9", `sudo=echo "sudo $*"`), 0,
			[]string{"installing wrk", "sudo apt-get -q -y install --no-install-recommends wrk"}},
		{"apt-get fails", with(goodQEMU, "go=", "id=echo 0", "apt-get=exit 100"), 1, []string{"could not install wrk"}},
		{"still old", with(oldQEMU, "go=", "wrk=", "id=echo 0", "apt-get="), 1, []string{"QEMU 5.2 or later is needed"}},
	} {
		out, status := setup(t, c.commands...)
		if status != c.status || c.want == nil && out != "" {
			t.Errorf("%s: status %d, %q", c.name, status, out)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in %q", c.name, want, out)
			}
		}
	}
}

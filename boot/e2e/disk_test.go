//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDisks: disks that yolk package makes boot where there is nothing of Yolk's: by
// UEFI firmware on both architectures, and by a BIOS. The program has its address, its
// arguments and its files.
func TestDisks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, arch, format, machine string }{
		{"OVMF", "amd64", "qcow2", "q35"},
		{"AAVMF", "arm64", "raw", "virt"},
		{"BIOS", "amd64", "raw", "pc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			page, disk := filepath.Join(dir, "site"), filepath.Join(dir, "disk")
			if err := os.Mkdir(page, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(page, "index.html"), []byte("from "+c.name), 0o644); err != nil {
				t.Fatal(err)
			}
			if out, complaint, status := output(t, "package", "-format", c.format, "-arch", c.arch, "-log", "info", "-files", page, "-o", disk, "../../apps/httpd", "--", "-root", "/site"); status != 0 {
				t.Fatal(out, complaint)
			}
			if c.format == "qcow2" {
				out, err := exec.Command("qemu-img", "check", filepath.Join(disk, "disk.qcow2")).CombinedOutput()
				if err != nil || !strings.Contains(string(out), "No errors") {
					t.Errorf("qemu-img: %v\n%s", err, out)
				}
			}
			port := freePort(t)
			machine := exec.Command(map[string]string{"amd64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}[c.arch],
				"-M", c.machine, "-cpu", "max", "-accel", "tcg", "-m", "128", "-nographic", "-monitor", "none", "-no-reboot", "-device", "virtio-rng-pci",
				"-drive", "if=virtio,format="+c.format+",file="+filepath.Join(disk, "disk."+c.format),
				"-netdev", fmt.Sprintf("user,id=n,hostfwd=tcp:127.0.0.1:%d-:8080", port), "-device", "virtio-net-pci,netdev=n")
			if c.name != "BIOS" {
				machine.Args = append(machine.Args, firmware(t, c.name)...)
			}
			running, stop := background(t, machine)
			defer stop()
			ctx, cancel := context.WithTimeout(running, limit)
			defer cancel()
			if text, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/", port)); err != nil || text != "from "+c.name {
				t.Errorf("%v, page %.300q", err, text)
			}
		})
	}
}

// firmware returns the flags for Debian's UEFI firmware, with the variables' flash as it
// was delivered.
func firmware(t *testing.T, name string) []string {
	t.Helper()
	for _, suffix := range []string{"_4M.fd", ".fd"} {
		code, vars := "/usr/share/"+name+"/"+name+"_CODE"+suffix, "/usr/share/"+name+"/"+name+"_VARS"+suffix
		if _, err := os.Stat(code); err == nil {
			return []string{"-drive", "if=pflash,format=raw,readonly=on,file=" + code, "-drive", "if=pflash,format=raw,snapshot=on,file=" + vars}
		}
	}
	t.Fatalf("the firmware %s is not installed: run make setup", name)
	return nil
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackage: each format makes a folder, with the machine that flags and yolk.yaml
// describe, and makes it anew.
func TestPackage(t *testing.T) {
	dir := program(t)
	write(t, dir, "memory: 64M\nopt: {hostname: here}\n")
	t.Chdir(t.TempDir())
	for range 2 {
		for _, format := range []string{"oci", "libvirt", "raw", "qcow2", "kubevirt", "nomad", "proxmox", "firecracker"} {
			network := map[bool]string{true: "none", false: "user"}[format == "firecracker"]
			out, complaint, status := yolk(t, "package", "-accel", "tcg", "-format", format, "-net", network, dir, "--", "-x", "it's")
			if status != 0 || out != "nothing."+format+"  "+format+"\n" {
				t.Fatalf("%s: status %d, %q, %q", format, status, out, complaint)
			}
		}
	}
	xml, err := os.ReadFile("nothing.libvirt/nothing.xml")
	for _, s := range []string{">65536</memory>", `machine="q35"`, "argv0=nothing hostname=here -- -x it&#39;s</cmdline>", filepath.Join(dirOf(t), "nothing.libvirt/nothing.yolk</kernel>")} {
		if err != nil || !strings.Contains(string(xml), s) {
			t.Errorf("%v, no %s in\n%s", err, s, xml)
		}
	}
	os.Mkdir("mine", 0o755)
	os.WriteFile("mine/letter", nil, 0o644)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{dir}, exitUsage, `-format is missing: there are firecracker, kubevirt, libvirt, nomad, oci, proxmox, qcow2, raw`},
		{[]string{"-format", "ova", dir}, exitUsage, `unknown -format ova: there are firecracker, kubevirt, libvirt, nomad, oci, proxmox, qcow2, raw`},
		{[]string{"-format", "oci", "-p", "80:80", dir}, exitUsage, "-p is for the emulator on this computer"},
		{[]string{"-format", "oci", "-plat", "rpi3", dir}, exitUsage, "-plat rpi3 is no virtual machine"},
		{[]string{"-format", "oci", "-plat", "linuxu", dir}, exitUsage, "-plat linuxu is no virtual machine"},
		{[]string{"-format", "libvirt", "-net", "hub:1", dir}, exitFailure, "-net hub cannot be had there: libvirt has user and tap:INTERFACE"},
		{[]string{"-format", "oci", "-o", "mine", dir}, exitFailure, "mine holds letter, which is nothing that yolk package makes"},
		{[]string{"-format", "oci", "-o", "no/where", dir}, exitFailure, "no such file"},
	} {
		if out, complaint, status := yolk(t, append([]string{"package", "-q"}, c.args...)...); status != c.status || !strings.Contains(complaint, c.want) || out != "" {
			t.Errorf("%q: %d, %q, %q", c.args, status, out, complaint)
		}
	}
}

func dirOf(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

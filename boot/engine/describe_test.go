package engine

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"yolk/boot/qemu"
)

var update = flag.Bool("update", false, "write testdata anew")

// TestDescriptions: what engines are told of a web server is what is in testdata, which
// the module in published holds against the engines' own schemas.
func TestDescriptions(t *testing.T) {
	m := &Machine{Name: "httpd", Image: "/srv/httpd.yolk", Place: "registry.example/httpd:1", Machine: qemu.Config{Arch: "amd64", Machine: "q35", Accel: qemu.KVM,
		Memory: 64 << 20, CPUs: 2, Append: "argv0=httpd -- -addr :80", Net: qemu.Net{Kind: qemu.NetUser, Forwards: []qemu.Forward{{Proto: "tcp", Host: 8080, Guest: 80}}}}}
	indented := func(v any, err error) ([]byte, error) {
		text, e := json.MarshalIndent(v, "", "  ")
		return append(text, '\n'), errors.Join(err, e)
	}
	for name, make := range map[string]func() ([]byte, error){
		"kubevirt.yaml": func() ([]byte, error) {
			vm, err := m.KubeVirt()
			text, e := yaml.Marshal(vm)
			return text, errors.Join(err, e)
		},
		"nomad.json":   func() ([]byte, error) { return indented(m.Nomad("/srv")) },
		"proxmox.conf": func() ([]byte, error) { text, err := m.Proxmox(); return []byte(text), err },
		"firecracker.json": func() ([]byte, error) {
			on := *m
			on.Machine.Net = qemu.Net{Kind: qemu.NetTap, Iface: "tap0"}
			return indented(on.Firecracker())
		},
	} {
		got, err := make()
		if err != nil {
			t.Fatal(name, err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || string(got) != string(want) {
			t.Errorf("%s: %v\n%s\nwant (go test -update writes it)\n%s", name, err, got, want)
		}
		if text := string(got); !strings.Contains(text, "rng") && !strings.Contains(text, `"entropy"`) {
			t.Errorf("%s: no source of entropy", name)
		}
	}
}

// TestNotDescribed: what an engine does not have is refused, and files are written where
// they are said to be.
func TestNotDescribed(t *testing.T) {
	tap, arm := machine(t), machine(t)
	tap.Machine.Net = qemu.Net{Kind: qemu.NetTap, Iface: "tap0"}
	arm.Machine.Arch = "arm64"
	for name, c := range map[string]struct {
		m     *Machine
		write func(*Machine, string) error
		want  error
		files string
	}{
		"kubevirt, tap":     {tap, (*Machine).WriteKubeVirt, ErrNetwork, ""},
		"nomad, tap":        {tap, (*Machine).WriteNomad, ErrNetwork, ""},
		"proxmox, tap":      {tap, (*Machine).WriteProxmox, ErrNetwork, ""},
		"firecracker, user": {machine(t), (*Machine).WriteFirecracker, ErrNetwork, ""},
		"nomad, arm64":      {arm, (*Machine).WriteNomad, ErrArch, ""},
		"proxmox, arm64":    {arm, (*Machine).WriteProxmox, ErrArch, ""},
		"kubevirt":          {machine(t), (*Machine).WriteKubeVirt, nil, "blobs httpd.yaml index.json oci-layout"},
		"firecracker":       {tap, (*Machine).WriteFirecracker, nil, "httpd.json"},
	} {
		folder := t.TempDir()
		if err := c.write(c.m, folder); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		var names []string
		files, _ := os.ReadDir(folder)
		for _, f := range files {
			names = append(names, f.Name())
		}
		if strings.Join(names, " ") != c.files {
			t.Errorf("%s: %q", name, names)
		}
	}
}

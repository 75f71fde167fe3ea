package engine

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"libvirt.org/go/libvirtxml"

	"yolk/boot/qemu"
)

// machine is a web server's.
func machine(t *testing.T) *Machine {
	t.Helper()
	image := filepath.Join(t.TempDir(), "httpd.yolk")
	if err := os.WriteFile(image, []byte("a kernel"), 0o644); err != nil {
		t.Fatal(err)
	}
	return &Machine{Name: "httpd", Image: image, Machine: qemu.Config{Arch: "amd64", Machine: "q35", Accel: qemu.TCG,
		Memory: 64 << 20, CPUs: 2, Append: "argv0=httpd -- -addr :80", Net: qemu.Net{Kind: qemu.NetUser}}}
}

// TestOCI: the layout is valid, has the media types of the specification and one file,
// and is the same each time.
func TestOCI(t *testing.T) {
	m := machine(t)
	var digests []string
	for range 2 {
		folder := t.TempDir()
		if err := m.WriteOCI(folder); err != nil {
			t.Fatal(err)
		}
		index, err := layout.ImageIndexFromPath(folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(index); err != nil {
			t.Error(err)
		}
		manifest, err := index.IndexManifest()
		if err != nil || len(manifest.Manifests) != 1 || manifest.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "latest" || manifest.Manifests[0].Platform.Architecture != "amd64" {
			t.Fatalf("%+v, %v", manifest, err)
		}
		digests = append(digests, manifest.Manifests[0].Digest.String())
		image, err := index.Image(manifest.Manifests[0].Digest)
		if err != nil {
			t.Fatal(err)
		}
		im, err := image.Manifest()
		if err != nil || im.MediaType != types.OCIManifestSchema1 || im.Config.MediaType != types.OCIConfigJSON || im.Layers[0].MediaType != types.OCILayer {
			t.Errorf("%+v, %v", im, err)
		}
		config, err := image.ConfigFile()
		if err != nil || config.Architecture != "amd64" || config.Config.Labels[LabelCmdline] != m.Machine.Append || config.Config.Labels[LabelMemory] != "67108864" || config.Config.Labels[LabelCPUs] != "2" {
			t.Errorf("%+v, %v", config, err)
		}
		layers, err := image.Layers()
		if err != nil || len(layers) != 1 {
			t.Fatal(layers, err)
		}
		r, err := layers[0].Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for files := tar.NewReader(r); ; {
			h, err := files.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if names = append(names, h.Name); h.Name == KernelPath {
				if text, _ := io.ReadAll(files); string(text) != "a kernel" {
					t.Errorf("%q", text)
				}
			}
		}
		if strings.Join(names, " ") != "image/ image/kernel" {
			t.Errorf("%q", names)
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("%q differ", digests)
	}
	m.Image += "x"
	if err := m.WriteOCI(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without an image: %v", err)
	}
}

// TestLibvirt: the definition says what the machine is; e2e's test starts one.
func TestLibvirt(t *testing.T) {
	m := machine(t)
	m.Machine.More = []qemu.Net{{Kind: qemu.NetTap, Iface: "tap7"}}
	text, err := m.Libvirt()
	if err != nil {
		t.Fatal(err)
	}
	var d libvirtxml.Domain
	if err := d.Unmarshal(text); err != nil {
		t.Fatal(err)
	}
	if d.Type != "qemu" || d.Name != "httpd" || d.Memory.Value != 64<<10 || d.VCPU.Value != 2 || d.OS.Type.Machine != "q35" || d.OS.Type.Arch != "x86_64" ||
		d.OS.Kernel != m.Image || d.OS.Cmdline != m.Machine.Append || d.Features.ACPI == nil {
		t.Errorf("%s", text)
	}
	cards := d.Devices.Interfaces
	if len(cards) != 2 || cards[0].Source.User == nil || cards[1].Source.Ethernet == nil || cards[1].Target.Dev != "tap7" || len(d.Devices.RNGs) != 1 {
		t.Errorf("%s", text)
	}
	m.Machine.Arch, m.Machine.Machine, m.Machine.Accel, m.Machine.More = "arm64", "virt-gic3", qemu.KVM, nil
	m.Machine.Net.Kind = qemu.NetNone
	if text, err = m.Libvirt(); err != nil || !strings.Contains(text, `type="kvm"`) || !strings.Contains(text, `arch="aarch64" machine="virt"`) || strings.Contains(text, "<interface") {
		t.Errorf("%v, %s", err, text)
	}
	m.Machine.Net.Kind = qemu.NetHub
	if _, err := m.Libvirt(); !errors.Is(err, ErrNetwork) {
		t.Errorf("a hub: %v", err)
	}
}

// TestIndexJSON: what registries and skopeo read first is plain.
func TestIndexJSON(t *testing.T) {
	folder := t.TempDir()
	if err := machine(t).WriteOCI(folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"index.json": "application/vnd.oci.image.manifest.v1+json", "oci-layout": `"imageLayoutVersion"`} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !json.Valid(text) || !bytes.Contains(text, []byte(want)) {
			t.Errorf("%s: %v, %s", name, err, text)
		}
	}
}

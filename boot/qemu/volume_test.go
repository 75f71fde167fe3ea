package qemu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseVolume(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "a:b,c")
	file := filepath.Join(dir, "file")
	if err := os.Mkdir(odd, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]Volume{
		dir + ":/":          {dir, "/", false},
		dir + ":/data":      {dir, "/data", false},
		dir + ":/data/:ro":  {dir, "/data", true},
		odd + ":/a/../b:ro": {odd, "/b", true},
	} {
		if got, err := ParseVolume(s); got != want || err != nil {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{
		dir:                    "not HOST:GUEST",
		dir + ":data":          "absolute",
		":/data":               "not HOST:GUEST",
		dir + ":/a,b":          "without commas",
		dir + "/nothing:/data": "no such file",
		file + ":/data":        "-files",
	} {
		if got, err := ParseVolume(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", s, got, err, want)
		}
	}
}

func TestVolumes(t *testing.T) {
	c := Config{Arch: "amd64", Machine: "q35", Volumes: []Volume{{"/a,b", "/", false}, {"/c", "/data", true}}}
	line := strings.Join(c.Args(), " ")
	for _, want := range []string{
		"-fsdev local,id=fs0,path=/a,,b,security_model=none,multidevs=remap -device virtio-9p-pci,disable-legacy=on,fsdev=fs0,mount_tag=fs0",
		"path=/c,security_model=none,multidevs=remap,readonly=on -device virtio-9p-pci,disable-legacy=on,fsdev=fs1,mount_tag=fs1",
	} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
	if got := MountOption(c.Volumes); got != "mount=fs0:/,fs1:/data:ro" {
		t.Error(got)
	}
	c.Machine = "microvm"
	line = strings.Join(c.Args(), " ")
	for _, want := range []string{"-device virtio-9p-device,fsdev=fs0,mount_tag=fs0", "virtio_mmio.device=512@0xfeb00e00:23 virtio_mmio.device=512@0xfeb00c00:22"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
}

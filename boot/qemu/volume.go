package qemu

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// A Volume is a folder of the host that a guest sees.
type Volume struct {
	Host     string // the folder, absolute
	Guest    string // where it is in the guest, absolute
	ReadOnly bool
}

// SplitVolume takes HOST:GUEST[:ro] apart. HOST may have colons.
func SplitVolume(s string) (host, guest, mode string) {
	s, readOnly := strings.CutSuffix(s, ":ro")
	if readOnly {
		mode = ":ro"
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		return s[:i], s[i+1:], mode
	}
	return s, "", mode
}

// ParseVolume reads HOST:GUEST[:ro]. HOST must be a folder.
func ParseVolume(s string) (Volume, error) {
	host, guest, mode := SplitVolume(s)
	if host == "" || !path.IsAbs(guest) || strings.ContainsAny(guest, ",\n\x00") {
		return Volume{}, fmt.Errorf("volume %q is not HOST:GUEST[:ro], with an absolute GUEST without commas, such as data:/data", s)
	}
	folder, err := filepath.Abs(host)
	if err != nil {
		return Volume{}, err
	}
	st, err := os.Stat(folder)
	switch {
	case err != nil:
		return Volume{}, fmt.Errorf("volume %q: %w", s, err)
	case !st.IsDir():
		return Volume{}, fmt.Errorf("volume %q: %s is no folder: a file goes into the image with -files", s, folder)
	}
	return Volume{folder, path.Clean(guest), mode != ""}, nil
}

// tag is the mount tag of a machine's volume.
func tag(i int) string { return fmt.Sprintf("fs%d", i) }

// MountOption is the kernel's option that mounts volumes, in their order.
func MountOption(volumes []Volume) string {
	var mounts []string
	for i, v := range volumes {
		m := tag(i) + ":" + v.Guest
		if v.ReadOnly {
			m += ":ro"
		}
		mounts = append(mounts, m)
	}
	return "mount=" + strings.Join(mounts, ",")
}

// volumes are virtio 9P devices. QEMU may follow no link out of a folder, and gives
// files of several file systems in it different numbers.
func (c Config) volumes() (args []string) {
	for i, v := range c.Volumes {
		options := fmt.Sprintf("local,id=%s,path=%s,security_model=none,multidevs=remap", tag(i), escape(v.Host))
		if v.ReadOnly {
			options += ",readonly=on"
		}
		device := "virtio-9p-pci,disable-legacy=on"
		if c.mmio() {
			device = "virtio-9p-device"
			if i == 0 {
				args = append(args, "-global", modernMMIO)
			}
		}
		args = append(args, "-fsdev", options, "-device", fmt.Sprintf("%s,fsdev=%s,mount_tag=%s", device, tag(i), tag(i)))
	}
	return args
}

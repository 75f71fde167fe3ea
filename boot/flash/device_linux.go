package flash

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A system is where the kernel tells of disks and mounts.
type system struct {
	disks  string // sysfs, dev/block
	mounts string
	swaps  string
	number func(path string) (string, error) // MAJOR:MINOR of a block device
}

var thisSystem = system{"/sys/dev/block", mountinfo, "/proc/swaps", deviceNumber}

// deviceNumber returns a block device's number as sysfs writes it.
func deviceNumber(path string) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return "", fmt.Errorf("%s: %w: it is no block device (name a file with -o, a mounted partition with -to)", path, ErrDevice)
	}
	return fmt.Sprintf("%d:%d", unix.Major(uint64(st.Rdev)), unix.Minor(uint64(st.Rdev))), nil
}

// Inspect looks at a device and refuses it if it is not a whole, writable disk
// with nothing of it in use. Whether it is removable is for the caller to judge.
func Inspect(path string) (*Device, error) { return thisSystem.inspect(path) }

func (s *system) inspect(path string) (*Device, error) {
	number, err := s.number(path)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(s.disks, number))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: the kernel does not know it", path, ErrDevice)
	}
	d := &Device{Path: path, Name: filepath.Base(dir), number: number}
	if _, err := os.Stat(filepath.Join(dir, "partition")); err == nil {
		return nil, fmt.Errorf("%s: %w: it is a partition of %s, and a card is written as a whole (or its boot partition mounted, and named with -to)", path, ErrDevice, filepath.Base(filepath.Dir(dir)))
	}
	if attribute(dir, "ro") == "1" {
		return nil, fmt.Errorf("%s: %w: it is read-only; look for the lock at the side of the card", path, ErrDevice)
	}
	sectors, err := strconv.ParseInt(attribute(dir, "size"), 10, 53)
	if err != nil || sectors <= 0 {
		return nil, fmt.Errorf("%s: %w: it is empty; is there a card in the reader?", path, ErrDevice)
	}
	d.Size = sectors * 512 // in sysfs always
	d.Model = strings.Join(strings.Fields(attribute(dir, "device/vendor")+" "+attribute(dir, "device/model")+" "+attribute(dir, "device/name")), " ")
	// Slots for SD cards do not call themselves removable; soldered memory of the
	// same kind has type MMC. Readers on USB do.
	d.Removable = attribute(dir, "removable") == "1" || attribute(dir, "device/type") == "SD"
	return d, s.unused(d, dir)
}

// attribute reads a file of sysfs.
func attribute(dir, name string) string {
	b, _ := os.ReadFile(filepath.Join(dir, name))
	return strings.TrimSpace(string(b))
}

// unused makes sure that no part of a disk is mounted, swapped to, or part of
// something else, such as a RAID.
func (s *system) unused(d *Device, dir string) error {
	parts := []string{d.number}
	folders := []string{dir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		sub := filepath.Join(dir, e.Name())
		if attribute(sub, "partition") != "" {
			parts = append(parts, attribute(sub, "dev"))
			folders = append(folders, sub)
		}
	}
	for _, f := range folders {
		if holders, _ := os.ReadDir(filepath.Join(f, "holders")); len(holders) > 0 {
			return fmt.Errorf("%s: %w: %s is part of %s", d.Path, ErrInUse, filepath.Base(f), holders[0].Name())
		}
	}
	mounts, err := readMounts(s.mounts)
	if err != nil {
		return err
	}
	for _, m := range mounts {
		// A btrfs has a number of its own, and its disk as the source.
		if slices.Contains(parts, m.number) || s.isPart(m.source, parts) {
			return fmt.Errorf("%s: %w: it is mounted at %s; if it is the card, umount it first", d.Path, ErrInUse, m.point)
		}
	}
	swaps, _ := os.ReadFile(s.swaps) // absent in a kernel without swap
	for line := range strings.Lines(string(swaps)) {
		if f := strings.Fields(line); len(f) > 0 && s.isPart(f[0], parts) {
			return fmt.Errorf("%s: %w: the system swaps to %s", d.Path, ErrInUse, f[0])
		}
	}
	return nil
}

// isPart reports whether a path is one of the block devices with these numbers.
func (s *system) isPart(path string, parts []string) bool {
	if !strings.HasPrefix(path, "/") {
		return false
	}
	n, err := s.number(path)
	return err == nil && slices.Contains(parts, n)
}

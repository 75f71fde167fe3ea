package flash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine makes a system of files: the disks sda, with the system on it, sdb, a
// card in a reader, mmcblk0, a card in a slot, and more.
func machine(t *testing.T) *system {
	t.Helper()
	dir := write(t, map[string]string{
		"sys/sda/size": "1000000000", "sys/sda/removable": "0", "sys/sda/ro": "0", "sys/sda/device/model": "SSD  ",
		"sys/sda/sda1/partition": "1", "sys/sda/sda1/dev": "8:1",
		"sys/sdb/size": "62333952", "sys/sdb/removable": "1", "sys/sdb/ro": "0", "sys/sdb/device/vendor": "Generic ", "sys/sdb/device/model": "SD/MMC",
		"sys/sdb/sdb1/partition": "1", "sys/sdb/sdb1/dev": "8:17",
		"sys/mmcblk0/size": "62333952", "sys/mmcblk0/removable": "0", "sys/mmcblk0/device/type": "SD\n", "sys/mmcblk0/device/name": "SC32G",
		"sys/mmcblk1/size": "62333952", "sys/mmcblk1/removable": "0", "sys/mmcblk1/device/type": "MMC\n",
		"sys/sdc/size": "0", "sys/sdc/removable": "1",
		"sys/sdd/size": "1000", "sys/sdd/ro": "1",
		"sys/sde/size": "1000", "sys/sde/sde1/partition": "1", "sys/sde/sde1/dev": "8:65", "sys/sde/sde1/holders/md0/x": "",
		"sys/sdf/size": "1000", "sys/sdg/size": "1000",
		"mounts": "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n" +
			"30 21 0:40 / /data rw shared:1 - btrfs /dev/sdf rw\nnonsense\n",
		"swaps": "Filename Type Size Used Priority\n/dev/sdg partition 1 0 -2\n",
	})
	numbers := map[string]string{
		"sda": "8:0", "sda/sda1": "8:1", "sdb": "8:16", "sdb/sdb1": "8:17", "mmcblk0": "179:0", "mmcblk1": "179:8",
		"sdc": "8:32", "sdd": "8:48", "sde": "8:64", "sdf": "8:80", "sdg": "8:96",
	}
	if err := os.Mkdir(filepath.Join(dir, "block"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, number := range numbers {
		if err := os.Symlink(filepath.Join(dir, "sys", name), filepath.Join(dir, "block", number)); err != nil {
			t.Fatal(err)
		}
	}
	return &system{filepath.Join(dir, "block"), filepath.Join(dir, "mounts"), filepath.Join(dir, "swaps"), func(path string) (string, error) {
		for name, number := range numbers {
			if path == "/dev/"+filepath.Base(name) {
				return number, nil
			}
		}
		return "", os.ErrNotExist
	}}
}

func TestInspect(t *testing.T) {
	s := machine(t)
	for path, want := range map[string]string{
		"/dev/sdb":     "/dev/sdb: Generic SD/MMC, 31.9G, removable",
		"/dev/mmcblk0": "/dev/mmcblk0: SC32G, 31.9G, removable",
		"/dev/mmcblk1": "/dev/mmcblk1: a disk without a name, 31.9G, NOT removable",
	} {
		if d, err := s.inspect(path); err != nil || d.String() != want {
			t.Errorf("%v %v, want %s", d, err, want)
		}
	}
	for _, c := range []struct {
		path, text string
		want       error
	}{
		{"/dev/sda", "mounted at /;", ErrInUse},
		{"/dev/sda1", "partition of sda", ErrDevice},
		{"/dev/sdc", "is there a card", ErrDevice},
		{"/dev/sdd", "read-only", ErrDevice},
		{"/dev/sde", "sde1 is part of md0", ErrInUse},
		{"/dev/sdf", "mounted at /data", ErrInUse},
		{"/dev/sdg", "swaps", ErrInUse},
		{"/dev/sdz", "", os.ErrNotExist},
	} {
		if _, err := s.inspect(c.path); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %v with %q", c.path, err, c.want, c.text)
		}
	}
	// A card whose partition is mounted.
	mounts := "22 21 8:17 / /media/my\\040card rw - vfat /dev/sdb1 rw\n"
	if err := os.WriteFile(s.mounts, []byte(mounts), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.inspect("/dev/sdb"); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "/media/my card;") {
		t.Error(err)
	}
}

func TestConfirm(t *testing.T) {
	d := Device{Path: "/dev/sdb", Size: 62333952 * 512}
	for _, s := range []string{"31.9G", "31.9GB", "31.9 gb", "31.9g"} {
		if err := d.Confirm(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "y", "yes", "31.9", "32G", "319G", "31.9M", "B"} {
		if err := d.Confirm(s); !errors.Is(err, ErrConfirm) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestCheckMount(t *testing.T) {
	dir := write(t, map[string]string{"card/x": "", "disk/x": "", "a card/x": ""})
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(dir, "mounts")
	text := "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	for i, m := range []string{dir + "/card", dir + "/a\\040card"} {
		text += fmt.Sprintf("%d 21 8:17 / %s rw - vfat /dev/sdb1 rw\n", 30+i, m)
	}
	text += fmt.Sprintf("40 21 8:18 / %s/disk rw - ext4 /dev/sdb2 rw\n", dir)
	if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		"card": "", "a card": "", "card/": "",
		"":        "nothing is mounted there, it is a folder of the ext4 file system at /;",
		"disk":    "its file system is ext4",
		"card/x":  "no folder",
		"nothing": "no such file",
	} {
		err := checkMount(table, filepath.Join(dir, folder))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", folder, err, want)
		}
	}
	if err := checkPartition(dir); !errors.Is(err, ErrPartition) {
		t.Errorf("on this system: %v", err)
	}
}

func TestRoom(t *testing.T) {
	if err := checkRoom(t.TempDir(), []File{{"x", make([]byte, 100)}}); err != nil {
		t.Error(err)
	}
	if err := checkRoom("/proc", []File{{"x", make([]byte, 100)}}); err == nil {
		t.Error("there is room on a file system without any")
	}
}

// loop gives a file of size bytes as a loop device, which only root can.
func loop(t *testing.T, size int64) (device, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(file, bytes.Repeat([]byte("old "), 1<<18), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, size); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("losetup", "-f", "--show", file).Output()
	if err != nil {
		t.Skip("no loop devices here: ", err)
	}
	device = strings.TrimSpace(string(out))
	t.Cleanup(func() { exec.Command("losetup", "-d", device).Run() })
	return device, file
}

func TestWriteDevice(t *testing.T) {
	const size = 128 << 20
	device, disk := loop(t, size)
	f, err := os.OpenFile(disk, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("EFI PART"), size-sector); err != nil {
		t.Fatal(err)
	}
	f.Close()
	d, err := Inspect(device)
	if err != nil || d.Size != size || d.Removable {
		t.Fatalf("%v %v", d, err)
	}
	name := image(t, MinSize, good(t, ConsoleMini))
	img, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	last := int64(-1)
	if err := d.Write(context.Background(), img, func(done, all int64) {
		if done > all || all != 2*MinSize || done <= last && done != 0 {
			t.Errorf("progress %d of %d after %d", done, all, last)
		}
		last = done
	}); err != nil {
		t.Fatal(err)
	}
	want, err1 := os.ReadFile(name)
	got, err2 := os.ReadFile(disk)
	if err1 != nil || err2 != nil || !bytes.Equal(got[:MinSize], want) {
		t.Error("the device does not hold the image", err1, err2)
	}
	if !bytes.Equal(got[size-sector:], make([]byte, sector)) {
		t.Error("the second copy of the old partition table is still there")
	}
	checkInterrupted(t, d, img, disk)
	checkHeld(t, d, img)
}

// checkInterrupted ends in the middle of writing: no partition table may be left.
func checkInterrupted(t *testing.T, d *Device, img *os.File, disk string) {
	ctx, cancel := context.WithCancel(context.Background())
	err := d.Write(ctx, img, func(done, all int64) {
		if done > all/4 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "write it again") {
		t.Errorf("interrupted: %v", err)
	}
	got, err := os.ReadFile(disk)
	if err != nil || !bytes.Equal(got[:sector], make([]byte, sector)) {
		t.Error("an interrupted card has a partition table", err)
	}
}

// checkHeld has another process hold the device, as a mount does.
func checkHeld(t *testing.T, d *Device, img *os.File) {
	other, err := os.OpenFile(d.Path, os.O_RDWR|os.O_EXCL, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(context.Background(), img, func(int64, int64) {}); err == nil {
		t.Error("a device that is held was written")
	}
	other.Close()
	moved := *d
	moved.number = "8:16"
	if err := moved.Write(context.Background(), img, func(int64, int64) {}); !errors.Is(err, ErrDevice) {
		t.Errorf("another device under the same name: %v", err)
	}
	small := *d
	small.Size = MinSize - 1
	if err := small.Write(context.Background(), img, func(int64, int64) {}); !errors.Is(err, ErrSize) {
		t.Errorf("a device that is too small: %v", err)
	}
}

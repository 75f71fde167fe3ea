//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/fat32"
	"github.com/diskfs/go-diskfs/partition/mbr"

	"yolk/boot/child"
)

// firmwareWords are what the board's firmware puts before cmdline.txt.
const firmwareWords = "coherent_pool=1M 8250.nr_uarts=1 bcm2708_fb.fbwidth=656 smsc95xx.macaddr=B8:27:EB:01:02:03 vc_mem.mem_size=0x40000000  "

// TestCard writes an SD card, and starts what is on it as the board's firmware
// would: that image, tree and command line, and nothing else. QEMU has no
// firmware of the board.
func TestCard(t *testing.T) {
	t.Parallel()
	qemu, err := exec.LookPath("qemu-system-aarch64")
	if err != nil {
		t.Skip(err)
	}
	tree, err := os.ReadFile("../../kernel/chip/bcm2837/tree/rpi3.dtb")
	if err != nil {
		t.Fatal(err)
	}
	firmware, dir := t.TempDir(), t.TempDir()
	for name, data := range map[string][]byte{"bootcode.bin": {1}, "start.elf": {2}, "fixup.dat": {3}, "bcm2710-rpi-3-b.dtb": tree} {
		if err := os.WriteFile(filepath.Join(firmware, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	card := filepath.Join(dir, "card.img")
	if _, complaint, status := output(t, "flash", "-firmware", firmware, "-o", card, "-env", "A=b c", probe, "--", "args", "a b", "--"); status != 0 {
		t.Fatalf("status %d, %s", status, complaint)
	}
	args := unpack(t, card, dir)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, "-M", "raspi3b", "-accel", "tcg", "-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", filepath.Join(dir, "kernel8.img"), "-dtb", filepath.Join(dir, "bcm2710-rpi-3-b.dtb"), "-append", firmwareWords+args)
	out, err := child.Output(cmd)
	if want := `["a b" "--"]`; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%v: %v, %q, want %s", cmd.Args, err, out, want)
	}
}

// unpack writes the card's image and tree to a folder and returns its command
// line.
func unpack(t *testing.T, card, dir string) (args string) {
	t.Helper()
	f, err := os.Open(card)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := file.New(f, true)
	table, err := mbr.Read(b, 512, 512)
	if err != nil {
		t.Fatal(err)
	}
	p := table.Partitions[0]
	fs, err := fat32.Read(b, p.GetSize(), p.GetStart(), 512)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kernel8.img", "bcm2710-rpi-3-b.dtb", "cmdline.txt"} {
		r, err := fs.OpenFile("/"+name, os.O_RDONLY)
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, 16<<20) // at once: the library's reader errs in smaller steps
		n, err := r.Read(data)
		if err != io.EOF {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		args = string(bytes.TrimSpace(data[:n]))
	}
	return args
}

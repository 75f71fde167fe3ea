package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// boardParts writes a folder with firmware and one with an image, and goes to
// the latter.
func boardParts(t *testing.T) (firmware string) {
	t.Helper()
	firmware = t.TempDir()
	t.Chdir(t.TempDir())
	kernel := make([]byte, 4096)
	copy(kernel[56:], "ARM\x64")
	for name, data := range map[string][]byte{
		filepath.Join(firmware, "bootcode.bin"): {1}, filepath.Join(firmware, "start.elf"): {2}, filepath.Join(firmware, "fixup.dat"): {3},
		"kernel8.img": kernel,
	} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return firmware
}

func TestFlashImage(t *testing.T) {
	firmware := boardParts(t)
	out, complaint, status := yolk(t, "flash", "-firmware", firmware, "-kernel", "kernel8.img", "-size", "40M", "-env", "A=b c", "-log", "debug", "--", "-x", "it's")
	if status != 0 || out != "card.img  41943040 bytes\n" || !strings.Contains(complaint, "bcm2710-rpi-3-b.dtb") {
		t.Fatalf("status %d, %q, %q", status, out, complaint)
	}
	img, err := os.ReadFile("card.img")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{`\x00argv0=kernel8 time=\d{10} log=debug "env=A=b c" -- -x it's\n\x00`, `\narm_64bit=1\nkernel=kernel8.img\n`} {
		if !regexp.MustCompile(s).Match(img) {
			t.Errorf("no %s in the image", s)
		}
	}
	if left, _ := filepath.Glob(".new*"); len(left) > 0 {
		t.Errorf("%q left", left)
	}
}

// TestFlashRefuses: nothing is written, and the cause is named.
func TestFlashRefuses(t *testing.T) {
	firmware := boardParts(t)
	part := []string{"flash", "-kernel", "kernel8.img", "-firmware", firmware}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"flash", "-kernel", "kernel8.img"}, exitUsage, "-firmware is missing"},
		{append(part, "-o", "a", "-to", "b"), exitUsage, "choose one"},
		{append(part, "-o", "kernel8.img"), exitUsage, "is the image to read"},
		{append(part, "-size", "lots"), exitUsage, `size "lots"`},
		{append(part, "-confirm-size", "8G"), exitUsage, "go with -device"},
		{append(part, "-fixed"), exitUsage, "go with -device"},
		{append(part, "-console", "vga"), exitUsage, "-console vga: there are"},
		{append(part, "-opt", "fast"), exitUsage, "-opt fast is not KEY=VALUE"},
		{append(part, "."), exitUsage, "choose one"},
		{append(part, "-console", "pl011"), exitFailure, "overlays/disable-bt.dtbo"},
		{append(part, "-size", "4M"), exitUsage, "40 to 32768 MiB"},
		{[]string{"flash", "-firmware", firmware, "-size", "4M", "./nowhere"}, exitUsage, "40 to 32768 MiB"}, // before the build
		{append(part, "-to", t.TempDir()), exitFailure, "nothing is mounted there"},
		{append(part, "-to", "/nothing/there"), exitFailure, "no such file"},
		{append(part, "-device", "kernel8.img"), exitFailure, "no block device"},
		{append(part, "-device", "/dev/null"), exitFailure, "no block device"},
		{append(part, "-device", "/dev/nothing"), exitFailure, "no such file"},
	} {
		out, complaint, status := yolk(t, c.args...)
		if status != c.status || out != "" || !strings.Contains(complaint, c.want) || strings.Count(complaint, "\n") > 2 {
			t.Errorf("%q: status %d, %q, %q, want %q", c.args[1:], status, out, complaint, c.want)
		}
	}
	if left, _ := filepath.Glob("*"); len(left) != 1 {
		t.Errorf("%q left", left)
	}
}

package flash

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write writes files to a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// goodFirmware is a firmware folder's contents.
func goodFirmware() map[string]string {
	return map[string]string{
		"bootcode.bin": "the boot code", "start.elf": "start", "fixup.dat": "fixup", "start4.elf": "of another board",
		treeName: "tree", overlayName: "overlay",
	}
}

// goodKernel is an image that is n bytes long.
func goodKernel(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	copy(b[56:], "ARM\x64")
	return string(b)
}

// good returns the files of a card.
func good(t *testing.T, console Console) []File {
	t.Helper()
	c := Card{Cmdline: "argv0=x -- a b", Console: console, Firmware: write(t, goodFirmware()), Config: []string{"uart_2ndstage=1"}}
	kernel := filepath.Join(write(t, map[string]string{"x": goodKernel(3<<20 + 17)}), "x")
	files, notes, err := c.Files(kernel)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	return files
}

func TestFiles(t *testing.T) {
	for console, want := range map[Console]string{
		ConsoleMini:  "bootcode.bin start.elf fixup.dat bcm2710-rpi-3-b.dtb kernel8.img config.txt cmdline.txt",
		ConsolePL011: "bootcode.bin start.elf fixup.dat overlays/disable-bt.dtbo bcm2710-rpi-3-b.dtb kernel8.img config.txt cmdline.txt",
	} {
		var names []string
		for _, f := range good(t, console) {
			names = append(names, f.Name)
			if len(f.Data) == 0 {
				t.Errorf("%s is empty", f.Name)
			}
			if f.Name == configName {
				checkConfig(t, string(f.Data), console)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s\nwant %s", console, got, want)
		}
	}
}

// checkConfig looks for the lines that matter, and for lines that the firmware
// would cut off.
func checkConfig(t *testing.T, text string, console Console) {
	for _, line := range []string{"arm_64bit=1", "kernel=kernel8.img", "kernel_address=0x80000", "enable_uart=1", "gpu_mem=32", "uart_2ndstage=1"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("config.txt has no line %s", line)
		}
	}
	if strings.Contains(text, "\ndtoverlay=disable-bt\n") != (console == ConsolePL011) {
		t.Errorf("console %s:\n%s", console, text)
	}
	for line := range strings.Lines(text) {
		if len(line) > 98 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
}

func TestFirmwareMissing(t *testing.T) {
	for _, name := range needed {
		for _, empty := range []bool{false, true} {
			fw := goodFirmware()
			delete(fw, name)
			if empty {
				fw[name] = ""
			}
			c := Card{Console: ConsoleMini, Firmware: write(t, fw)}
			_, _, err := c.Files("")
			if !errors.Is(err, ErrFirmware) || !strings.Contains(err.Error(), "lacks "+name+";") || !strings.Contains(err.Error(), "github.com/raspberrypi/firmware") {
				t.Errorf("without %s: %v", name, err)
			}
		}
	}
	fw := goodFirmware()
	delete(fw, overlayName)
	delete(fw, treeName)
	c := Card{Console: ConsoleMini, Firmware: write(t, fw)}
	if _, notes, err := c.Files(""); err != nil || len(notes) != 1 || !strings.Contains(notes[0], treeName) {
		t.Errorf("without a tree: %v, notes %q", err, notes)
	}
	c.Console = ConsolePL011
	if _, _, err := c.Files(""); !errors.Is(err, ErrFirmware) || !strings.Contains(err.Error(), overlayName) {
		t.Errorf("without the overlay: %v", err)
	}
	c.Firmware = filepath.Join(c.Firmware, "nothing")
	if _, _, err := c.Files(""); !errors.Is(err, ErrFirmware) || !strings.Contains(err.Error(), "there is no folder") {
		t.Errorf("without a folder: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		card   Card
		kernel string
		want   error
	}{
		{Card{Console: ConsoleMini}, "\x7fELF" + strings.Repeat("x", 100), ErrKernel},
		{Card{Console: ConsoleMini}, strings.Repeat("x", 100), ErrKernel},
		{Card{Console: ConsoleMini}, "short", ErrKernel},
		{Card{Console: ConsoleMini, Cmdline: "a\nb"}, goodKernel(100), ErrCmdline},
		{Card{Console: ConsoleMini, Cmdline: strings.Repeat("x", maxCmdline+1)}, goodKernel(100), ErrCmdline},
		{Card{Console: ConsoleMini, Config: []string{"a=1\nb=2"}}, goodKernel(100), ErrConfig},
		{Card{Console: ConsoleMini, Config: []string{strings.Repeat("x", 99)}}, goodKernel(100), ErrConfig},
		{Card{Console: ConsoleMini, Config: []string{""}}, goodKernel(100), ErrConfig},
		{Card{Console: ConsoleMini}, goodKernel(100), nil},
	} {
		kernel := filepath.Join(write(t, map[string]string{"k": c.kernel}), "k")
		if _, _, err := c.card.Files(kernel); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.card, err, c.want)
		}
	}
	if _, _, err := (&Card{Console: ConsoleMini}).Files("/nothing/there"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no kernel: %v", err)
	}
	if _, _, err := (&Card{Console: "x"}).Files(""); err == nil {
		t.Error("an unknown console is accepted")
	}
}

func TestInstall(t *testing.T) {
	dir := write(t, map[string]string{
		"config.txt": "dtparam=audio=on\n", "cmdline.txt": "root=/dev/mmcblk0p2\n", "kernel8.img": "another kernel", "start.elf": "old",
		"photos/cat.jpg": "meow",
	})
	files := good(t, ConsolePL011)
	notes, err := install(dir, files)
	if err != nil || len(notes) != 3 {
		t.Fatalf("%v, notes %q", err, notes)
	}
	check := func(name, want string) {
		t.Helper()
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q %v, want %q", name, b, err, want)
		}
	}
	for _, f := range files {
		check(f.Name, string(f.Data))
	}
	check("config.txt.bak", "dtparam=audio=on\n")
	check("cmdline.txt.bak", "root=/dev/mmcblk0p2\n")
	check("kernel8.img.bak", "another kernel")
	check("photos/cat.jpg", "meow")

	// Once more: nothing changes, nothing is kept.
	if notes, err := install(dir, files); err != nil || len(notes) > 0 {
		t.Errorf("a second time: %v, notes %q", err, notes)
	}
	// Another image, and a config.txt that its user has edited.
	edited := configMark + "\nhdmi_group=2\n"
	if err := os.WriteFile(filepath.Join(dir, configName), []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	files[slot(t, files, kernelName)].Data = []byte(goodKernel(200))
	if notes, err := install(dir, files); err != nil || len(notes) != 1 {
		t.Errorf("another image: %v, notes %q", err, notes)
	}
	check(kernelName, goodKernel(200))
	check("config.txt.bak2", edited)
	left, _ := filepath.Glob(filepath.Join(dir, ".new*"))
	if _, err := os.Stat(filepath.Join(dir, "kernel8.img.bak2")); err == nil || len(left) > 0 {
		t.Errorf("our own image was kept, or %q left", left)
	}
}

func slot(t *testing.T, files []File, name string) int {
	for i, f := range files {
		if f.Name == name {
			return i
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// TestInstallFails has a folder in a file's place: what was there must be whole.
func TestInstallFails(t *testing.T) {
	dir := write(t, map[string]string{"cmdline.txt/in/the/way": "", "config.txt": "mine"})
	_, err := install(dir, []File{{kernelName, []byte("k")}, {cmdlineName, []byte("c")}, {configName, []byte("new")}})
	if err == nil {
		t.Fatal("a folder was replaced by a file")
	}
	if b, _ := os.ReadFile(filepath.Join(dir, configName)); !bytes.Equal(b, []byte("mine")) {
		t.Errorf("config.txt: %q", b)
	}
}

func TestCheckFirmware(t *testing.T) {
	dir := write(t, map[string]string{"bootcode.bin": "x", "start.elf": ""})
	err := checkFirmware(dir, nil)
	if !errors.Is(err, ErrFirmware) || !strings.Contains(err.Error(), "it lacks start.elf, fixup.dat;") {
		t.Error(err)
	}
	if err := checkFirmware(dir, good(t, ConsoleMini)); err != nil {
		t.Error(err)
	}
}

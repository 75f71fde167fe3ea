package flash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrFirmware is that of a folder which lacks firmware.
var ErrFirmware = errors.New("the board's firmware is missing")

const (
	treeName    = "bcm2710-rpi-3-b.dtb"
	overlayName = "overlays/disable-bt.dtbo"
)

// needed is the firmware without which a Pi 3 does nothing.
var needed = []string{"bootcode.bin", "start.elf", "fixup.dat"}

// firmwareSource tells where firmware can be had.
const firmwareSource = "get it from https://github.com/raspberrypi/firmware (folder boot), " +
	"from the first partition of a Raspberry Pi OS card, or from Debian's package raspi-firmware (/usr/lib/raspi-firmware)"

// firmware reads what the board needs from a folder.
func firmware(dir string, console Console) (files []File, notes []string, err error) {
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, nil, fmt.Errorf("%w: there is no folder %s; %s", ErrFirmware, dir, firmwareSource)
	}
	names := needed
	if console == ConsolePL011 {
		names = append(names[:len(names):len(names)], overlayName)
	}
	var missing []string
	for _, name := range names {
		b, err := readPart(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, name)
		case err != nil:
			return nil, nil, err
		}
		files = append(files, File{name, b})
	}
	if len(missing) > 0 {
		return nil, nil, fmt.Errorf("%w: %s lacks %s; %s", ErrFirmware, dir, strings.Join(missing, ", "), firmwareSource)
	}
	b, err := readPart(dir, treeName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		notes = append(notes, fmt.Sprintf("%s has no %s: the firmware will pass no device tree, and the kernel use its own description of the board", dir, treeName))
	case err != nil:
		return nil, nil, err
	default:
		files = append(files, File{treeName, b})
	}
	return files, notes, nil
}

// readPart reads a file of the firmware. An empty one counts as missing: so do
// interrupted downloads look.
func readPart(dir, name string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err == nil && len(b) == 0 {
		err = fs.ErrNotExist
	}
	return b, err
}
